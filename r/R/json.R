# JSON without a package: an object is a named list, a list of numbers, texts or truth values a vector, null NULL.
json_read <- function(text) {
  pattern <- "\"(?:[^\"\\\\]++|\\\\.)*+\"|-?[0-9][0-9.eE+-]*|true|false|null|[][{}:,]"
  tokens <- regmatches(text, gregexpr(pattern, text, perl = TRUE))[[1]]
  at <- 0L
  following <- function() {
    at <<- at + 1L
    if (at > length(tokens)) stop("JSON that ends too early")
    tokens[[at]]
  }
  ends <- function(token) {
    if (at < length(tokens) && tokens[[at + 1L]] == token) {
      at <<- at + 1L
      return(TRUE)
    }
    FALSE
  }
  value <- function(token = following()) {
    switch(substr(token, 1, 1),
      "{" = object(), "[" = vector_of(), "\"" = json_text(token),
      t = TRUE, f = FALSE, n = NULL, as.numeric(token)
    )
  }
  object <- function() {
    out <- list()
    if (ends("}")) return(out)
    repeat {
      name <- json_text(following())
      following()
      out[name] <- list(value())
      if (following() == "}") return(out)
    }
  }
  vector_of <- function() {
    out <- list()
    if (ends("]")) return(out)
    repeat {
      out[length(out) + 1L] <- list(value())
      if (following() == "]") return(json_simple(out))
    }
  }
  value()
}

json_simple <- function(items) {
  kinds <- unique(vapply(items, function(x) if (is.list(x) || length(x) != 1) "" else typeof(x), ""))
  if (length(kinds) == 1 && nzchar(kinds)) unlist(items) else items
}

json_text <- function(token) {
  text <- substr(token, 2, nchar(token) - 1)
  if (!grepl("\\", text, fixed = TRUE)) return(text)
  plain <- c(n = "\n", t = "\t", r = "\r", b = "\b", f = "\f")
  escapes <- gregexpr("\\\\(u[0-9a-fA-F]{4}|.)", text, perl = TRUE)
  regmatches(text, escapes) <- lapply(regmatches(text, escapes), vapply, function(escape) {
    kind <- substr(escape, 2, 2)
    if (kind == "u") return(intToUtf8(strtoi(substr(escape, 3, 6), 16L)))
    if (kind %in% names(plain)) plain[[kind]] else kind
  }, "")
  text
}
