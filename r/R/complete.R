# complete: the main job. See man/lacuna_complete.Rd.
lacuna_complete <- function(data, value = NULL, index = NULL, modes = NULL, full_grid = FALSE, duplicates = NULL,
                            censored = FALSE, above = NULL, below = NULL,
                            interval = NULL, draws = NULL, noise = "auto", rank = NULL, standardise = "auto", smooth = NULL,
                            nonnegative = FALSE, order = NULL, period = NULL, missing = NULL, depth = NULL, seed = 1,
                            threads = NULL, effort = 1, max_time = NULL, yes = FALSE, report = NULL, progress = interactive()) {
  mark <- Sys.getlocale("LC_NUMERIC")
  if (mark != "C") { # numbers go to the command with a point, which a desktop may have made a comma
    Sys.setlocale("LC_NUMERIC", "C")
    on.exit(suppressWarnings(Sys.setlocale("LC_NUMERIC", mark)))
  }
  for (name in c("full_grid", "censored", "nonnegative", "yes")) check_truth(name, get(name))
  for (name in c("interval", "rank", "seed", "threads", "effort", "max_time")) {
    check_number(name, get(name), or_null = !name %in% c("seed", "effort"))
  }
  check_number("draws", draws, "a whole number from 1 on, such as 20", function(x) x >= 1 && x %% 1 == 0)
  for (name in c("noise", "standardise")) check_text(name, get(name))
  if (!is.null(report)) check_text("report", report)
  censored <- censored || !is.null(above) || !is.null(below)
  table <- table_of(data, value, index, modes, censored, yes)
  if (censored) table$arrays <- with_limits(table$arrays, above, below)
  factors <- tempfile("lacuna-factors-", fileext = ".npz")
  fit <- tempfile("lacuna-fit-", fileext = ".fit")
  on.exit(unlink(c(factors, fit)), add = TRUE)
  source <- c("-", "--format", "npz", "--array", "values")
  reading <- c(flag("--duplicates", duplicates), if (full_grid) "--full-grid", if (yes) "--yes", if (censored) "--censored",
               flag_list("--missing", missing),
               flag_list("--order", pairs_of(order, "order")))
  arguments <- c(
    "complete", source, reading, "-o", "-", "--factors", factors, if (!is.null(draws)) c("--save", fit),
    flag("--noise", noise), flag("--standardise", standardise), flag("--seed", seed), flag("--effort", effort),
    flag("--interval", interval), flag("--rank", rank), flag("--threads", threads),
    flag("--report", if (!is.null(report)) path.expand(report)),
    flag("--depth", if (!is.null(depth)) paste(depth, collapse = ",")),
    flag("--max-time", if (!is.null(max_time)) sprintf("%.9fs", max_time)),
    flag_list("--smooth", smooth), if (nonnegative) "--nonnegative", flag_list("--period", pairs_of(period, "period"))
  )
  listen <- progress_bar(progress)
  parameters <- names(formals(lacuna_complete))
  outcome <- tryCatch(command_run(arguments, table$arrays, listen$tell, parameters), finally = listen$close())
  done <- completion(table, outcome, if (file.exists(factors)) npz_read(factors))
  if (!is.null(draws)) done$draws <- draws_of(table, outcome$arrays, fit, draws, c(source, reading), parameters)
  done
}

refuse_setting <- function(name, value, allowed) {
  stop(name, " = ", paste(deparse(value), collapse = " "), ": give ", allowed, call. = FALSE)
}

check_truth <- function(name, value) {
  if (!is.logical(value) || length(value) != 1 || is.na(value)) refuse_setting(name, value, "TRUE or FALSE")
}

check_number <- function(name, value, allowed = "one number", holds = function(x) TRUE, or_null = TRUE) {
  if (is.null(value) && or_null) return(invisible())
  if (!is.numeric(value) || length(value) != 1 || is.na(value) || !holds(value)) refuse_setting(name, value, allowed)
}

check_text <- function(name, value) {
  if (!is.character(value) || length(value) != 1 || is.na(value)) refuse_setting(name, value, "one text")
}

# A flag, once for every value; none without values.
flag <- function(name, values) {
  if (is.numeric(values)) values <- number_texts(values)
  as.vector(rbind(rep(name, length(values)), as.character(values), deparse.level = 0))
}

# A flag that takes a list, in which a comma begins the next value.
flag_list <- function(name, values) {
  if (is.numeric(values)) values <- number_texts(values)
  signs <- grepl("[,\"\r\n]", values)
  values[signs] <- paste0("\"", gsub("\"", "\"\"", values[signs], fixed = TRUE), "\"")
  flag(name, values)
}

# A named list or vector as MODE=VALUE.
pairs_of <- function(values, parameter) {
  if (length(values) && (is.null(names(values)) || !all(nzchar(names(values))))) {
    stop(parameter, " = needs the names of the modes, such as ", parameter, " = c(month = ...)", call. = FALSE)
  }
  unlist(Map(function(mode, several) {
    paste0(mode, "=", if (is.numeric(several)) number_texts(several) else several)
  }, names(values), values), use.names = FALSE)
}

progress_bar <- function(wanted) {
  if (!is.function(wanted)) check_truth("progress", wanted)
  if (is.function(wanted)) return(list(tell = wanted, close = function() NULL))
  if (!isTRUE(wanted)) return(list(tell = function(event) NULL, close = function() NULL))
  bar <- txtProgressBar(style = 3)
  list(tell = function(event) if (!is.null(event$done)) setTxtProgressBar(bar, event$done), close = function() close(bar))
}

completion <- function(table, outcome, factors) {
  arrays <- outcome$arrays
  nothing <- arrays$values
  nothing[] <- NaN
  restored <- function(numbers) if (!is.null(numbers)) table$restore(numbers, arrays, FALSE)
  flags <- if (is.null(arrays$lacuna_filled)) !is.nan(nothing) else arrays$lacuna_filled != 0
  was_filled <- restored(flags)
  storage.mode(was_filled) <- "logical" # what came may be numbers, as the table is
  structure(list(
    filled = table$restore(arrays$values, arrays, TRUE),
    stderr = restored(if (is.null(arrays$lacuna_stderr)) nothing else arrays$lacuna_stderr),
    was_filled = was_filled,
    low = restored(arrays$lacuna_low),
    high = restored(arrays$lacuna_high),
    above = restored(arrays$lacuna_above),
    below = restored(arrays$lacuna_below),
    held_out_rmse = number_of(outcome$result$held_out_rmse),
    held_out_nrmse = number_of(outcome$result$held_out_nrmse),
    filled_rmse = number_of(outcome$result$filled_rmse),
    filled_nrmse = number_of(outcome$result$filled_nrmse),
    status = outcome$result$status,
    factors = if (!is.null(factors)) factors_of(factors),
    warnings = outcome$warnings,
    note = table$note,
    value = table$value,
    modes = table$modes,
    result = outcome$result
  ), class = "lacuna_completion")
}

number_of <- function(x) if (is.null(x)) NA_real_ else x

# The CP factors: a matrix a mode, a row a label, a column a block.
factors_of <- function(archive) {
  matrices <- lapply(seq_along(archive$modes) - 1, function(n) {
    matrix <- as.matrix(archive[[paste0("factor_", n)]])
    rownames(matrix) <- archive[[paste0("labels_", n)]]
    matrix
  })
  names(matrices) <- archive$modes
  list(modes = matrices, norms = archive$norms, mean = archive$mean, scale = archive$scale, scale_mode = archive$scale_mode)
}
