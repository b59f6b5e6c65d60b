# Labels as texts: the command finds out itself that they are numbers or dates.
label_texts <- function(labels) {
  if (inherits(labels, "Date")) return(format(labels, "%Y-%m-%d"))
  if (inherits(labels, "POSIXt")) return(time_labels(labels))
  if (is.numeric(labels)) number_texts(labels) else as.character(labels)
}

# Times in their own zone, with fractions of a second where there are any; in UTC where clocks are changed between hours.
time_labels <- function(labels) {
  labels <- as.POSIXct(labels)
  seconds <- round(as.numeric(labels), 6)
  whole <- floor(seconds)
  labels <- .POSIXct(whole, attr(labels, "tzone"))
  fractions <- if (any(seconds != whole)) sprintf(".%06.0f", 1e6 * (seconds - whole))
  hours <- unique(format(labels, "%H:%M:%S"))
  days <- is.null(fractions) && identical(hours, "00:00:00")
  if (length(hours) > 1 && length(unique(format(labels, "%z"))) > 1) {
    return(paste0(format(labels, "%Y-%m-%d %H:%M:%S", tz = "UTC"), fractions, "+00:00"))
  }
  paste0(format(labels, if (days) "%Y-%m-%d" else "%Y-%m-%d %H:%M:%S"), fractions)
}

# The shortest of 15 and 17 digits that is the same number; whole numbers without a point.
number_texts <- function(x) {
  text <- sprintf("%.15g", x)
  ifelse(as.numeric(text) == x, text, sprintf("%.17g", x))
}

# Labels that the command has added, as those are that were known.
label_values <- function(texts, known) {
  at <- match(texts, label_texts(known))
  if (!anyNA(at)) return(known[at])
  if (inherits(known, "Date")) return(as.Date(paste0(texts, substr("-01-01", 1 + pmax(0, nchar(texts) - 4), 6))))
  if (inherits(known, "POSIXt")) {
    utc <- all(endsWith(texts, "+00:00"))
    zone <- c(attr(as.POSIXct(known), "tzone"), "")[[1]]
    return(.POSIXct(as.numeric(as.POSIXct(sub("[+]00:00$", "", texts), tz = if (utc) "UTC" else zone)), zone))
  }
  if (is.numeric(known)) as.numeric(texts) else if (is.factor(known)) factor(texts, unique(c(levels(known), texts))) else texts
}
