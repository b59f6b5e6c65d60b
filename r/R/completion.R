# What a completion says of itself.

summary.lacuna_completion <- function(object, ...) {
  r <- object$result
  lines <- c("read as" = object$note, "table" = paste(sprintf("%s (%s)", r$modes, count(r$shape)), collapse = " x "),
             "known cells" = count(r$observed), "gaps" = count(r$filled))
  if (!is.null(r$censored)) lines[["values between limits"]] <- count(r$censored)
  if (object$status == "nothing-to-fill") {
    lines <- c(lines, status = "there was nothing to fill")
  } else {
    lines <- c(lines, error_lines(object), model = sprintf("%g blocks, %.3g s, seed %g", r$effective_rank, r$seconds, r$seed))
    if (object$status != "finished") lines <- c(lines, status = paste0(object$status, ": the best found by then"))
  }
  structure(list(lines = lines, warnings = object$warnings), class = "summary.lacuna_completion")
}

error_lines <- function(object) {
  lines <- character()
  if (!is.na(object$filled_nrmse)) {
    lines["error to be expected of what was filled"] <- error_text(object$filled_nrmse, object$filled_rmse)
  }
  if (is.na(object$held_out_nrmse)) return(c(lines, error = "not known: too few known cells to hide any"))
  hidden <- sprintf("error on %s known cells that were hidden", count(object$result$held_out))
  lines[hidden] <- error_text(object$held_out_nrmse, object$held_out_rmse)
  for (b in object$result$baselines) lines[paste("for comparison,", b$name)] <- error_text(b$nrmse, b$rmse)
  lines
}

error_text <- function(nrmse, rmse) {
  if (is.null(nrmse) || is.null(rmse)) return("not known")
  sprintf("%.3g %% of the standard deviation (RMSE %.4g)", 100 * nrmse, rmse)
}

count <- function(n) format(n, big.mark = ",", trim = TRUE, scientific = FALSE)

times <- function(sizes) paste(count(sizes), collapse = " x ")

print.summary.lacuna_completion <- function(x, ...) {
  warned <- if (length(x$warnings)) paste("  warning:", x$warnings)
  writeLines(c("lacuna: gaps filled", sprintf("  %s: %s", names(x$lines), x$lines), warned))
  invisible(x)
}

print.lacuna_completion <- function(x, ...) {
  print(summary(x))
  parts <- c("$filled", "$stderr", "$was_filled", if (!is.null(x$low)) c("$low", "$high"), "$factors", "$result")
  writeLines(paste("  see", paste(parts, collapse = ", ")))
  invisible(x)
}

# A row a cell, with what filling adds under the names that the command's files have.
as.data.frame.lacuna_completion <- function(x, row.names = NULL, optional = FALSE, ...) {
  out <- if (is.data.frame(x$filled)) x$filled else long_of(x$filled, x$modes)
  added <- c(lacuna_filled = "was_filled", lacuna_stderr = "stderr", lacuna_low = "low", lacuna_high = "high",
             lacuna_above = "above", lacuna_below = "below")
  for (name in names(added)) {
    part <- x[[added[[name]]]]
    if (is.null(part)) next
    part <- as.vector(part)
    out[[name]] <- if (name == "lacuna_filled") part != 0 else replace(part, is.nan(part), NA)
  }
  if (!is.null(row.names)) rownames(out) <- row.names
  out
}

# The cells of an array or of time series, a column a mode.
long_of <- function(filled, modes) {
  if (is.ts(filled) && !is.matrix(filled)) {
    season <- as.integer(cycle(filled))
    labels <- list(as.integer(round(as.numeric(time(filled)) - (season - 1) / frequency(filled))), season)
  } else {
    names <- dimnames(filled)
    if (is.ts(filled)) names <- list(time_texts(filled), colnames(filled))
    if (inherits(filled, "zoo")) names <- list(label_texts(time(filled)), colnames(filled))
    at <- arrayInd(seq_along(filled), dim(filled))
    labels <- lapply(seq_along(dim(filled)), function(n) if (is.null(names[[n]])) at[, n] else names[[n]][at[, n]])
  }
  data.frame(setNames(labels, modes), value = as.vector(filled), check.names = FALSE)
}

as.matrix.lacuna_completion <- function(x, ...) {
  if (!is.matrix(x$filled)) {
    stop("what was filled is no matrix but ", if (is.data.frame(x$filled)) "a long data frame" else "of another shape",
         ": take x$filled, or as.data.frame(x)", call. = FALSE)
  }
  as.matrix(x$filled)
}

head.lacuna_completion <- function(x, ...) head(as.data.frame(x), ...)

tail.lacuna_completion <- function(x, ...) tail(as.data.frame(x), ...)

plot.lacuna_completion <- function(x, which = c("factors", "errors"), blocks = 4, ...) {
  which <- match.arg(which)
  if (which == "errors") plot_errors(x, ...) else plot_factors(x, blocks, ...)
  invisible(x)
}

# A panel a mode, a line a block: numbers of labels across, the entries of the factor, of length 1, up.
plot_factors <- function(x, blocks, ...) {
  if (!length(x$factors$norms)) stop("there are no factors: nothing was filled, or the values have no pattern", call. = FALSE)
  modes <- x$factors$modes
  shown <- seq_len(min(blocks, length(x$factors$norms)))
  old <- par(mfrow = n2mfrow(length(modes)))
  on.exit(par(old))
  for (mode in names(modes)) {
    entries <- modes[[mode]][, shown, drop = FALSE]
    matplot(entries, type = "b", lty = 1, pch = as.character(shown %% 10), xaxt = "n", xlab = mode, ylab = "factor", ...)
    ticks <- unique(round(pretty(seq_len(nrow(entries)))))
    ticks <- ticks[ticks >= 1 & ticks <= nrow(entries)]
    axis(1, ticks, rownames(entries)[ticks])
    abline(h = 0, col = "grey")
  }
}

# The error on hidden cells beside those of simple rules, in percent of the standard deviation.
plot_errors <- function(x, ...) {
  if (is.na(x$held_out_nrmse)) stop("the error is not known: too few known cells to hide any", call. = FALSE)
  rules <- x$result$baselines
  heights <- 100 * c(x$held_out_nrmse, vapply(rules, function(b) number_of(b$nrmse), 0))
  names(heights) <- c("lacuna", vapply(rules, function(b) b$name, ""))
  barplot(heights, ylab = "error on hidden known cells, % of the standard deviation", ...)
}
