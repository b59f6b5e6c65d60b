test_that("a matrix is filled", {
  skip_without_command()
  x <- product()
  dimnames(x) <- list(row = letters[1:8], column = LETTERS[1:7])
  done <- quick(x, interval = 90)
  expect_equal(done$filled["c", "D"], 18, tolerance = 1e-6)
  expect_identical(done$filled[!is.na(x)], x[!is.na(x)])
  expect_identical(dimnames(done$filled), dimnames(x))
  expect_identical(unname(which(done$was_filled != 0)), which(is.na(x)))
  expect_identical(is.nan(done$stderr), !is.na(x))
  expect_true(all(done$low <= done$filled & done$filled <= done$high, na.rm = TRUE))
  expect_identical(lapply(done$factors$modes, rownames), list(row = letters[1:8], column = LETTERS[1:7]))
  expect_identical(done$status, "finished")
})

test_that("values with limits are filled between them", {
  skip_without_command()
  set.seed(3)
  x <- exp(outer(rnorm(8), rnorm(7)) + matrix(0.1 * rnorm(56), 8))
  low <- x < 0.6
  texts <- matrix(as.character(x), 8)
  texts[low] <- "<0.6"
  texts[1, 1] <- NA
  done <- quick(texts, censored = TRUE, interval = 90)
  low[1, 1] <- FALSE
  expect_true(all(done$filled[low] <= 0.6) && all(done$high[low] <= 0.6))
  expect_equal(done$result$censored, sum(low))
  expect_true(all(done$below[low] == 0.6) && all(is.nan(done$below[!low])))
  x[low] <- x[1, 1] <- NA
  expect_equal(quick(x, below = ifelse(low, 0.6, NA))$filled, quick(texts, censored = TRUE)$filled, tolerance = 1e-3)
  long <- data.frame(row = letters[row(x)], column = LETTERS[col(x)], v = as.vector(texts))
  drawn <- quick(long, censored = TRUE, draws = 2)
  expect_true(all(drawn$draws[[1]]$v[as.vector(low)] <= 0.6))
  expect_error(quick(x, below = 1:3), "below = has 3 numbers")
  texts[2, 2] <- "low"
  expect_error(quick(texts, censored = TRUE), "no limit such as <0.5")
})

test_that("limits are read from texts", {
  found <- limits_of(c("<0.5", "<= -1e-3", ">2", "0.1..0.5", "[1, 2]", "3.5", NA, ""))
  expect_equal(found$below, c(0.5, -1e-3, NaN, 0.5, 2, NaN, NaN, NaN))
  expect_equal(found$above, c(NaN, NaN, 2, 0.1, 1, NaN, NaN, NaN))
  expect_equal(found$values, c(rep(NaN, 5), 3.5, NaN, NaN))
})

test_that("an array of three modes keeps its shape", {
  skip_without_command()
  x <- outer(outer(1:6, 2:6), 1:4) * 1.0
  truth <- x[2, 3, 4]
  x[2, 3, 4] <- NA
  done <- quick(x)
  expect_identical(dim(done$filled), dim(x))
  expect_equal(done$filled[2, 3, 4], truth, tolerance = 1e-6)
})

test_that("a long data frame gains the rows of the full grid", {
  skip_without_command()
  x <- product()
  rownames(x) <- format(as.Date("2020-01-01") + 0:7)
  long <- data.frame(day = as.Date(rownames(x))[row(x)], k = as.vector(col(x)), y = as.vector(x))
  known <- long[!is.na(long$y), ]
  done <- quick(known, full_grid = TRUE)
  expect_identical(nrow(done$filled), 56L)
  expect_identical(done$filled$y[1:54], known$y)
  expect_s3_class(done$filled$day, "Date")
  expect_setequal(done$filled$k[55:56], c(4L, 2L))
  expect_equal(done$filled$y[done$filled$k == 4][8], 18, tolerance = 1e-6)
  expect_length(done$stderr, 56)
  named <- quick(long[, c("y", "k", "day")], value = "y")
  expect_identical(names(named$filled), c("y", "k", "day"))
  expect_false(anyNA(named$filled$y))
})

test_that("time series stay time series", {
  skip_without_command()
  one <- ts(round(10 + 5 * sin(2 * pi * (1:70) / 12) + (1:70) / 10, 2), start = c(2001, 3), frequency = 12)
  one[c(5, 30)] <- NA
  done <- quick(one)
  expect_identical(stats::tsp(done$filled), stats::tsp(one))
  expect_false(anyNA(done$filled))
  several <- stats::ts(cbind(a = one, b = 2 * one), start = c(2001, 3), frequency = 12)
  done <- quick(several)
  expect_identical(stats::tsp(done$filled), stats::tsp(several))
  expect_identical(rownames(done$factors$modes$time)[[1]], "2001-03")
})

test_that("faults of the data and the settings are told", {
  skip_without_command()
  long <- data.frame(a = c("p", "p", "q"), b = c("r", "r", "s"), y = c(1, 2, NA))
  fault <- tryCatch(quick(long), lacuna_input_error = identity)
  expect_s3_class(fault, "lacuna_error")
  expect_match(conditionMessage(fault), "duplicates =")
  expect_error(quick(product(), noise = "loud"), "noise =")
  fault <- tryCatch(quick(product(), seed = 1.5), error = conditionMessage)
  expect_identical(fault, "seed = 1.5: give a whole number from 0 on, below 2^64")
})

test_that("faults that need no command are told", {
  expect_error(lacuna_complete(1:3), "only one mode")
  expect_error(lacuna_complete(matrix("a")), "no numbers")
  expect_error(lacuna_complete(product(), value = "y"), "value = has no effect")
  expect_error(lacuna_complete(product(), modes = "a"), "1 names")
  expect_error(lacuna_complete(data.frame(a = c(1, NA), b = 1:2, y = 1:2)), "column a is NA in row 2")
  expect_error(lacuna_complete(data.frame(a = 1, y = 1), value = "z"), "no column z")
  expect_error(lacuna_complete(product(), period = 12), "names of the modes")
  for (wrong in list("x", NA, c(1, 2), 0, 2.5)) {
    expect_error(lacuna_complete(product(), draws = wrong), "draws = .*: give a whole number from 1 on")
  }
  for (name in c("interval", "rank", "seed", "threads", "effort", "max_time")) {
    for (wrong in list("x", NA, c(1, 2), TRUE)) {
      expect_error(do.call(lacuna_complete, c(list(product()), stats::setNames(list(wrong), name))), paste(name, "= .*: give one number"))
    }
  }
  expect_error(lacuna_complete(product(), seed = NULL), "seed = NULL: give one number")
  for (name in c("full_grid", "censored", "nonnegative", "yes")) {
    expect_error(do.call(lacuna_complete, c(list(product()), stats::setNames(list("no"), name))), "give TRUE or FALSE")
  }
  expect_error(lacuna_complete(product(), noise = 3), "noise = 3: give one text")
  expect_error(lacuna_complete(product(), report = 3), "report = 3: give one text")
})

test_that("a table without gaps is passed on", {
  skip_without_command()
  x <- outer(1:4, 1:5) * 1.0
  done <- quick(x)
  expect_identical(done$filled, x)
  expect_identical(done$status, "nothing-to-fill")
  expect_output(print(done), "nothing to fill")
})

test_that("a completion becomes one data frame", {
  skip_without_command()
  x <- product()
  long <- data.frame(r = letters[row(x)], k = LETTERS[col(x)], note = "n", y = as.vector(x))
  done <- quick(long, value = "y", index = c("r", "k"), interval = 90)
  frame <- as.data.frame(done)
  expect_identical(frame[names(long)], done$filled)
  expect_identical(names(frame), c(names(long), "lacuna_filled", "lacuna_stderr", "lacuna_low", "lacuna_high"))
  expect_identical(frame$lacuna_filled, is.na(long$y))
  for (name in c("stderr", "low", "high")) {
    expect_identical(frame[[paste0("lacuna_", name)]], ifelse(is.na(long$y), done[[name]], NA))
  }
  expect_identical(head(done, 3), head(frame, 3))
  expect_identical(tail(done, 1), tail(frame, 1))
  expect_identical(rownames(as.data.frame(done, row.names = paste0("c", 1:56)))[[56]], "c56")
  path <- tempfile(fileext = ".csv")
  on.exit(unlink(path))
  utils::write.csv(done, path, row.names = FALSE)
  expect_equal(utils::read.csv(path), frame)
  expect_error(as.matrix(done), "no matrix but a long data frame.*as.data.frame")

  dimnames(x) <- list(row = letters[1:8], NULL)
  done <- quick(x, modes = c("row", "k"))
  frame <- as.data.frame(done)
  expect_identical(frame[1:2], data.frame(row = letters[row(x)], k = as.vector(col(x))))
  expect_identical(frame$value, as.vector(done$filled))
  expect_identical(which(frame$lacuna_filled), which(is.na(x)))
  expect_identical(as.matrix(done), done$filled)
  cube <- outer(outer(1:4, 2:6), 1:3) * 1.0
  cube[2, 3, 1] <- NA
  frame <- as.data.frame(quick(cube))
  expect_identical(frame[frame$lacuna_filled, 1:3], data.frame(mode1 = 2L, mode2 = 3L, mode3 = 1L, row.names = 10L))
})

test_that("time series become data frames with their time", {
  skip_without_command()
  one <- ts(round(10 + 5 * sin(2 * pi * (1:70) / 12) + (1:70) / 10, 2), start = c(2001, 3), frequency = 12)
  one[c(5, 30)] <- NA
  frame <- as.data.frame(quick(one))
  expect_identical(frame[c(5, 30), c("cycle", "season", "lacuna_filled")],
                   data.frame(cycle = c(2001L, 2003L), season = c(7L, 8L), lacuna_filled = TRUE, row.names = c(5L, 30L)))
  frame <- as.data.frame(quick(ts(cbind(a = one, b = 2 * one), start = c(2001, 3), frequency = 12)))
  expect_identical(frame[c(5, 71), c("time", "series")], data.frame(time = c("2001-07", "2001-03"), series = c("a", "b"),
                                                                   row.names = c(5L, 71L)))
})

test_that("warnings, print and plots", {
  skip_without_command()
  expect_warning(done <- lacuna_complete(product(), effort = 0.001, max_time = 60), "held out")
  expect_length(done$warnings, 1)
  expect_output(print(done), "known cells: 54")
  expect_s3_class(summary(done), "summary.lacuna_completion")
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_invisible(plot(done))
  expect_invisible(plot(done, "errors"))
})

test_that("values are those of the command", {
  skip_without_command()
  long <- data.frame(r = paste0("r", row(product())), k = paste0("k", col(product())), y = as.vector(product()) + sin(1:56))
  paths <- tempfile(c("a", "b"), fileext = ".csv")
  on.exit(unlink(paths))
  text <- transform(long, y = ifelse(is.na(y), "", sprintf("%.17g", y)))
  utils::write.csv(text, paths[[1]], row.names = FALSE, quote = FALSE)
  status <- system2(lacuna_binary(), c("complete", paths[[1]], "-o", paths[[2]], "--effort", "0.001", "--quiet"),
                    stdout = FALSE, stderr = FALSE)
  expect_identical(status, 0L)
  theirs <- utils::read.csv(paths[[2]])
  ours <- quick(long)
  expect_lt(max(abs(theirs$y / ours$filled$y - 1)), 1e-12)
  expect_equal(ours$stderr[is.na(long$y)], theirs$lacuna_stderr[is.na(long$y)], tolerance = 1e-4)
})
