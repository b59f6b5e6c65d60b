fewest_rows <- 8 # fewer say nothing of what a column is

# What a table is to the command (arrays), and how what comes back becomes the user's kind of object again. restore takes
# numbers, the command's arrays, and whether the numbers are the filled values.

table_of <- function(data, value, index, modes, censored = FALSE, yes = FALSE) {
  if (is.data.frame(data)) {
    refuse(modes, "modes", "a data frame, whose columns have names")
    return(table_of_frame(data, value, index, censored, yes))
  }
  refuse(value, "value", "an array")
  refuse(index, "index", "an array")
  if (!is.numeric(data) && !(is.logical(data) && all(is.na(data))) && !(censored && is.character(data))) {
    what <- if (is.atomic(data) && !is.null(dim(data))) typeof(data) else class(data)[[1]]
    stop("the values are no numbers but ", what, ": ", if (is.logical(data)) "convert them with storage.mode(x) <- \"double\""
         else "give a data frame, an array, a matrix or a ts of numbers", call. = FALSE)
  }
  if (is.ts(data)) return(if (is.matrix(data)) table_of_series(data, modes) else table_of_seasons(data, modes))
  if (inherits(data, "zoo") && is.matrix(data)) return(table_of_series(data, modes, label_texts(time(data))))
  if (length(dim(data)) < 2) {
    stop("a vector has only one mode, from which nothing can be learnt: give it as a matrix, an array, or a ts with a season",
         call. = FALSE)
  }
  table_of_array(data, modes)
}

refuse <- function(argument, name, what) {
  if (!is.null(argument)) stop(name, " = has no effect on ", what, ": leave it out", call. = FALSE)
}

# The members of the archive. labels: for every mode texts, or NULL where they are numbered. index: codes from 0.
members <- function(values, modes, labels, index = NULL) {
  limits <- if (is.character(values)) limits_of(values)
  if (!is.null(limits)) values[] <- limits$values
  values <- if (is.null(dim(values))) as.double(values) else array(as.double(values), dim(values))
  out <- list(values = values)
  if (length(modes)) out$modes <- as.character(modes)
  for (n in seq_along(index)) out[[paste0("index_", n - 1)]] <- index[[n]]
  for (n in seq_along(labels)) out[[paste0("labels_", n - 1)]] <- labels[[n]]
  if (!is.null(limits)) for (side in c("above", "below")) out[[side]] <- array_like(limits[[side]], values)
  out
}

array_like <- function(numbers, values) {
  numbers <- as.double(numbers)
  if (is.null(dim(values))) numbers else array(numbers, dim(values))
}

# Texts as numbers and limits: <0.5, >=200, 0.1..0.5; NaN where there is none.
limits_of <- function(texts) {
  texts <- trimws(texts)
  number <- "[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?"
  lower <- sprintf("^(?:>=|>|\u2265)\\s*(%s)$", number)
  upper <- sprintf("^(?:<=|<|\u2264)\\s*(%s)$", number)
  both <- sprintf("^[[(]?\\s*(%s)\\s*(?:[.][.]|;|,)\\s*(%s)\\s*[])]?$", number, number)
  found <- function(pattern, part) {
    hit <- !is.na(texts) & grepl(pattern, texts, perl = TRUE)
    out <- rep(NaN, length(texts))
    out[hit] <- as.double(sub(pattern, part, texts[hit], perl = TRUE))
    out
  }
  two <- list(above = found(both, "\\1"), below = found(both, "\\2"))
  above <- ifelse(is.nan(two$above), found(lower, "\\1"), two$above)
  below <- ifelse(is.nan(two$below), found(upper, "\\1"), two$below)
  plain <- is.nan(above) & is.nan(below) & !is.na(texts) & nzchar(texts) & texts != "NA"
  values <- rep(NaN, length(texts))
  values[plain] <- suppressWarnings(as.double(texts[plain]))
  if (anyNA(values[plain])) {
    stop("the value ", texts[plain][is.na(values[plain])][[1]], " is no number and no limit such as <0.5", call. = FALSE)
  }
  list(values = values, above = above, below = below)
}

# The members with limits that are given beside the values.
with_limits <- function(arrays, above, below) {
  given <- list(above = above, below = below)
  for (side in names(given)) {
    if (is.null(arrays[[side]])) arrays[[side]] <- array_like(rep(NaN, length(arrays$values)), arrays$values)
    limits <- given[[side]]
    if (is.null(limits)) next
    if (!length(limits) %in% c(1, length(arrays$values))) {
      stop(sprintf("%s = has %d numbers for %d values: give one a value, NA for none", side, length(limits), length(arrays$values)),
           call. = FALSE)
    }
    limits <- rep_len(as.double(unlist(limits)), length(arrays$values))
    arrays[[side]][!is.na(limits)] <- limits[!is.na(limits)]
  }
  arrays
}

# The object that was given, other numbers in its place.
like <- function(data) {
  if (is.character(data)) suppressWarnings(storage.mode(data) <- "double")
  function(numbers, arrays, filled) {
    data[] <- as.vector(numbers)
    data
  }
}

table_of_array <- function(data, modes) {
  labels <- dimnames(data)
  for (n in seq_along(labels)) {
    wrong <- which(is.na(labels[[n]]) | duplicated(labels[[n]]))
    if (length(wrong)) {
      stop(sprintf("dimnames[[%d]] has %s as name %d: give every row, column and slice a name of its own", n,
                   if (is.na(labels[[n]][[wrong[[1]]]])) "NA" else paste0(labels[[n]][[wrong[[1]]]], " again"), wrong[[1]]), call. = FALSE)
    }
  }
  if (is.null(modes) && !is.null(names(labels)) && all(nzchar(names(labels)))) modes <- unlike(names(labels))
  check_modes(modes, length(dim(data)))
  named <- if (is.null(modes)) paste0("mode", seq_along(dim(data))) else modes
  list(arrays = members(data, modes, labels), modes = named, restore = like(data), note = paste("array of", times(dim(data))))
}

# Series of ts, or of zoo and xts, whose times are any.
table_of_series <- function(data, modes, times = time_texts(data)) {
  if (is.null(modes)) modes <- c("time", "series")
  check_modes(modes, 2)
  list(arrays = members(unclass(data), modes, list(times, colnames(data))), modes = modes, restore = like(data),
       note = sprintf("%d time series, %s by %s", ncol(data), modes[[1]], modes[[2]]))
}

# One series has a second mode by its season: cycle (year) by season (month, quarter).
table_of_seasons <- function(data, modes) {
  if (frequency(data) < 2 || frequency(data) %% 1 != 0) {
    stop("one time series without a season has only one mode, from which nothing can be learnt: ",
         "give it a frequency, or more series with cbind()", call. = FALSE)
  }
  if (is.null(modes)) modes <- c("cycle", "season")
  check_modes(modes, 2)
  season <- as.integer(cycle(data))
  cycles <- as.integer(round(as.numeric(time(data)) - (season - 1) / frequency(data)))
  first <- min(cycles)
  list(arrays = members(data, modes, list(number_texts(first:max(cycles)), number_texts(seq_len(frequency(data)))),
                        list(cycles - first, season - 1L)),
       modes = modes, restore = like(data), note = sprintf("one time series, folded: %s by %s", modes[[1]], modes[[2]]))
}

# Months and quarters as dates, so that the command knows of the year; else the time as a number.
time_texts <- function(data) {
  if (!frequency(data) %in% c(4, 12)) return(number_texts(as.numeric(time(data))))
  step <- as.integer(cycle(data)) - 1L
  year <- round(as.numeric(time(data)) - step / frequency(data))
  sprintf("%04.0f-%02.0f", year, step * 12 / frequency(data) + 1)
}

# Names of modes, of which no two are alike: country, country (2).
unlike <- function(names) {
  for (k in which(duplicated(names))) names[[k]] <- setdiff(sprintf("%s (%d)", names[[k]], seq_len(length(names) + 1) + 1), names)[[1]]
  names
}

check_modes <- function(modes, n) {
  if (!is.null(modes) && length(modes) != n) {
    stop(sprintf("modes = has %d names, and the table has %d axes", length(modes), n), call. = FALSE)
  }
  if (anyDuplicated(modes)) stop("modes = has the name ", modes[duplicated(modes)][[1]], " twice", call. = FALSE)
}

table_of_frame <- function(data, value, index, censored, yes) {
  if (ncol(data) == 0) stop("the data frame has no columns", call. = FALSE)
  if (nrow(data) == 0) stop("the data frame has no rows: give one in which some cells have a value", call. = FALSE)
  if (anyDuplicated(names(data))) {
    stop("two columns have the name ", names(data)[duplicated(names(data))][[1]], ": give every column a name of its own", call. = FALSE)
  }
  named <- !is.null(index)
  if (length(value) > 1) stop("value = has several columns: give one, or all in one by reshape(), as.matrix() or stack()", call. = FALSE)
  if (is.null(value)) value <- setdiff(names(data), index)[length(setdiff(names(data), index))]
  if (is.null(index)) index <- setdiff(names(data), value)
  if (length(index) < 2) {
    stop("a long data frame needs a value and two index columns or more: give a wide one as as.matrix(x)", call. = FALSE)
  }
  for (name in c(value, index)) if (!name %in% names(data)) stop("the data frame has no column ", name, call. = FALSE)
  numbers <- drop(data[[value]]) # what scale() gives is a matrix of one column
  if (is.factor(numbers) && censored) numbers <- as.character(numbers)
  if (!is.numeric(numbers) && !all(is.na(numbers)) && !(censored && is.character(numbers))) {
    stop("the value column ", value, " holds no numbers but ", class(numbers)[[1]], ": name another with value =", call. = FALSE)
  }
  known <- lapply(index, function(name) {
    if (anyNA(data[[name]])) {
      stop(sprintf("the index column %s is NA in row %d: fill or drop that row, or give a wide table as as.matrix(x)", name,
                   which(is.na(data[[name]]))[[1]]), call. = FALSE)
    }
    unique(data[[name]])
  })
  alone <- index[lengths(known) == nrow(data) & nrow(data) >= fewest_rows]
  if (length(alone) && !named && !yes) {
    stop("in the column ", alone[[1]], " every row has a label of its own, so that no two cells share one: leave it out with index =, or, ",
         "where other columns are measurements, give these as.matrix(), with the labels as rownames; yes = TRUE goes on", call. = FALSE)
  }
  codes <- Map(function(name, labels) match(data[[name]], labels) - 1L, index, known)
  restore <- function(numbers, arrays, filled) {
    if (!filled) return(numbers)
    added <- length(numbers) - nrow(data)
    if (added > 0) {
      at <- nrow(data) + seq_len(added)
      extra <- data[rep(NA_integer_, added), , drop = FALSE]
      for (n in seq_along(index)) {
        texts <- arrays[[paste0("labels_", n - 1)]][arrays[[paste0("index_", n - 1)]][at] + 1]
        extra[[index[[n]]]] <- label_values(texts, known[[n]])
      }
      data <- rbind(data, extra)
      rownames(data) <- NULL
    }
    data[[value]] <- as.vector(numbers)
    data
  }
  list(arrays = members(numbers, index, lapply(known, label_texts), codes), restore = restore, value = value, modes = index,
       note = sprintf("long data frame: value %s, modes %s", value, paste(index, collapse = ", ")))
}
