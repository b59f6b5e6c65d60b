# The command: what the variable LACUNA names, else LACUNA_BINARY (the name that the Python package knows), else the path.
lacuna_binary <- function(must_exist = TRUE) {
  for (variable in c("LACUNA", "LACUNA_BINARY")) {
    named <- Sys.getenv(variable)
    if (nzchar(named)) {
      if (utils::file_test("-f", named)) return(named)
      if (must_exist) {
        stop("the variable ", variable, " names ", named, ", and there is no such file", call. = FALSE)
      }
      return("")
    }
  }
  found <- unname(Sys.which("lacuna"))
  if (!nzchar(found) && must_exist) {
    stop("the command lacuna is not there: put it on the path, or name it with Sys.setenv(LACUNA = \"/where/lacuna\")",
         call. = FALSE)
  }
  found
}
