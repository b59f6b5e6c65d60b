# Labels as texts: the command finds out itself that they are numbers or dates.
label_texts <- function(labels) {
  if (inherits(labels, "Date")) return(format(labels, "%Y-%m-%d"))
  if (inherits(labels, "POSIXt")) {
    days <- format(labels, "%H:%M:%S") == "00:00:00"
    return(format(labels, if (all(days)) "%Y-%m-%d" else "%Y-%m-%d %H:%M:%S"))
  }
  if (is.numeric(labels)) number_texts(labels) else as.character(labels)
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
  if (inherits(known, "POSIXt")) return(as.POSIXct(texts, tz = attr(known, "tzone")))
  if (is.numeric(known)) as.numeric(texts) else if (is.factor(known)) factor(texts, unique(c(levels(known), texts))) else texts
}
