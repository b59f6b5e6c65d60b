# Tables whose filled values are drawn together, from the fit that a completion has saved.
draws_of <- function(table, arrays, fit, draws, words, parameters) {
  if (!file.exists(fit)) { # there was nothing to fill
    return(rep(list(table$restore(arrays$values, arrays, TRUE)), draws))
  }
  path <- tempfile("lacuna-draws-", fileext = ".npz")
  on.exit(unlink(path))
  command_run(c("predict", "--quiet", fit, words, "--draws", number_texts(draws), "-o", path), table$arrays,
              function(event) NULL, parameters, warn = FALSE)
  drawn <- npz_read(path)
  filled <- which(arrays$lacuna_filled != 0)
  places <- draw_places(table, arrays, filled, drawn)
  lapply(seq_len(draws), function(k) {
    one <- arrays$values
    one[filled] <- drawn$values[cbind(k, places)]
    table$restore(one, arrays, TRUE)
  })
}

# Where the filled cells are in the archive of draws, a column a mode: it has labels in an order of its own.
draw_places <- function(table, arrays, filled, drawn) {
  listed <- !is.null(table$arrays$index_0)
  cells <- if (!listed) arrayInd(filled, dim(arrays$values))
  axes <- if (listed) seq_along(table$modes) else which(dim(arrays$values) > 1) # an axis of length 1 is no mode
  out <- matrix(0L, length(filled), length(axes))
  for (n in seq_along(axes)) {
    axis <- axes[[n]]
    at <- if (listed) arrays[[paste0("index_", axis - 1)]][filled] + 1 else cells[, axis]
    labels <- arrays[[paste0("labels_", axis - 1)]]
    if (is.null(labels)) labels <- number_texts(seq_len(max(at)) - 1)
    out[, n] <- match(labels[at], drawn[[paste0("labels_", n)]])
  }
  out
}

# The draws for mice. See man/lacuna_mids.Rd.
lacuna_mids <- function(x, columns = NULL) {
  if (!requireNamespace("mice", quietly = TRUE)) stop("the package mice is not installed", call. = FALSE)
  if (is.null(x$draws)) stop("there are no draws: call lacuna_complete with draws = 20", call. = FALSE)
  gaps <- x$filled
  value <- if (is.data.frame(gaps)) x$value
  if (is.null(value)) gaps[x$was_filled != 0] <- NA else gaps[[value]][x$was_filled != 0] <- NA
  frames <- lapply(c(list(gaps), x$draws), mids_frame, value, columns)
  long <- Map(function(frame, k) cbind(.imp = k, .id = seq_len(nrow(frame)), frame), frames, seq_along(frames) - 1)
  mice::as.mids(do.call(rbind, long))
}

mids_frame <- function(table, value, columns) {
  if (!is.data.frame(table)) {
    if (!is.null(columns)) stop("columns = has no effect on a matrix: leave it out", call. = FALSE)
    if (length(dim(table)) != 2) stop("mice takes matrices and data frames: this is no such table", call. = FALSE)
    return(as.data.frame(table))
  }
  if (is.null(columns)) return(table)
  check_text("columns", columns)
  if (!columns %in% names(table)) stop("the data frame has no column ", columns, call. = FALSE)
  wide <- stats::reshape(table, idvar = setdiff(names(table), c(value, columns)), timevar = columns, direction = "wide")
  names(wide) <- sub(paste0("^", value, "\\."), "", names(wide))
  attr(wide, "reshapeWide") <- NULL
  rownames(wide) <- NULL
  wide
}
