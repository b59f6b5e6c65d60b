skip_without_command <- function() {
  skip_if(!nzchar(lacuna_binary(must_exist = FALSE)), "the command lacuna is not there: name it in LACUNA")
}

quick <- function(data, ...) suppressWarnings(lacuna_complete(data, effort = 0.001, threads = 1, ...))

product <- function() {
  x <- outer(seq_len(8) * 1.5, seq_len(7), "*")
  x[3, 4] <- x[6, 2] <- NA
  x
}
