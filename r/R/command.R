# One run of the command: arrays in, arrays out, and what it says on the way (docs/interface.md).

lacuna_interface <- 1

command_run <- function(arguments, arrays, listen, parameters, warn = TRUE) {
  binary <- lacuna_binary()
  paths <- tempfile(c("lacuna-in-", "lacuna-out-"), fileext = ".npz")
  on.exit(unlink(paths))
  npz_write(paths[[1]], arrays)
  outcome <- command_follow(command_line(binary, c(arguments, "--progress", "json"), paths), listen)
  command_check(outcome, binary, parameters)
  outcome$warnings <- in_r(outcome$warnings, parameters)
  if (warn) for (text in outcome$warnings) warning(text, call. = FALSE)
  if (file.size(paths[[2]]) > 0) outcome$arrays <- npz_read(paths[[2]])
  outcome
}

# Events come through the pipe, the arrays through files that the shell connects.
command_line <- function(binary, arguments, paths) {
  windows <- .Platform$OS.type == "windows"
  quoted <- shQuote(c(binary, arguments, paths), if (windows) "cmd" else "sh")
  n <- length(quoted)
  line <- paste(c(quoted[seq_len(n - 2)], "<", quoted[[n - 1]], "2>&1", ">", quoted[[n]]), collapse = " ")
  if (windows) paste0("cmd /c \"", line, "\"") else line
}

command_follow <- function(line, listen) {
  outcome <- list(warnings = character(), other = character())
  events <- pipe(line, "r")
  on.exit(close(events))
  while (length(text <- utf8(readLines(events, 1, warn = FALSE)))) {
    event <- if (startsWith(text, "{")) tryCatch(json_read(text), error = function(e) NULL)
    switch(if (is.null(event$event)) "" else event$event,
      start = outcome$interface <- event$interface,
      progress = listen(event),
      warning = outcome$warnings <- c(outcome$warnings, event$text),
      result = outcome$result <- event$result,
      error = outcome$error <- event,
      outcome$other <- c(outcome$other, text)
    )
  }
  outcome
}

command_check <- function(outcome, binary, parameters) {
  if (!is.null(outcome$interface) && outcome$interface != lacuna_interface) {
    fail(sprintf("the command %s speaks version %g of its interface, this package version %g: install both from one release",
                 binary, outcome$interface, lacuna_interface), 1)
  }
  if (!is.null(outcome$error)) fail(in_r(outcome$error$text, parameters), outcome$error$code)
  if (!is.null(outcome$result)) return(invisible())
  said <- paste(outcome$other, collapse = "\n")
  if (grepl("unknown flag: --progress", said, fixed = TRUE)) {
    said <- paste("the command", binary, "is older than this package: install both from one release")
  }
  fail(if (nzchar(said)) in_r(said, parameters) else paste("the command", binary, "ended without a result"), 1)
}

fail <- function(message, code) {
  kind <- if (identical(as.numeric(code), 2)) "lacuna_input_error"
  stop(structure(list(message = message, call = NULL, code = code), class = c(kind, "lacuna_error", "error", "condition")))
}

# A message with the parameters of the function in place of the command's flags.
in_r <- function(messages, parameters) {
  messages <- sub("\nTry 'lacuna [a-z ]*--help'[.]$", "", sub("^lacuna: ", "", messages))
  messages <- gsub("standard input: ", "", messages, fixed = TRUE)
  messages <- gsub("a file in the format NumPy .npz", "an array", messages, fixed = TRUE)
  for (name in parameters) {
    messages <- gsub(paste0("--", gsub("_", "-", name), "(?![a-z-])"), paste(name, "="), messages, perl = TRUE)
  }
  messages
}
