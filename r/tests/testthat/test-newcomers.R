# How far the mean of the draws lies from what was filled, in standard errors: little, unless cells were confused.
surprise <- function(done) {
  mean <- Reduce(`+`, done$draws) / length(done$draws)
  max(abs((mean - done$filled) / done$stderr)[done$was_filled])
}

noisy <- function(...) {
  set.seed(7)
  x <- outer(seq_len(8), seq_len(6)) + rnorm(48)
  x[sample(48, 10)] <- NA
  array(x, ...)
}

test_that("draws are of their own cells", {
  skip_without_command()
  expect_lt(surprise(quick(noisy(c(8, 1, 6)), draws = 30)), 1.5) # an axis of length 1 is no mode
  x <- noisy(c(8, 6), list(country = letters[1:8], country = LETTERS[1:6]))
  done <- quick(x, draws = 30, order = c("country (2)" = "appearance"))
  expect_identical(done$modes, c("country", "country (2)"))
  expect_lt(surprise(done), 1.5)
  expect_error(quick(x, modes = c("a", "a")), "modes = has the name a twice")
  expect_error(mids_frame(data.frame(a = 1, b = 2), "a", c("a", "b")), "columns = .*give one text")
})

test_that("what was filled is picked by was_filled", {
  skip_without_command()
  x <- product()
  series <- ts(as.vector(outer(1:12, 1:5)) * 1.0, start = 2001, frequency = 12)
  series[c(7, 33)] <- NA
  for (table in list(x, round(x), series)) {
    done <- quick(table)
    expect_type(done$was_filled, "logical")
    expect_identical(attributes(done$was_filled), attributes(done$filled))
    expect_identical(as.vector(done$filled[done$was_filled]), as.vector(done$filled)[is.na(table)])
  }
})

test_that("times are labels of their own", {
  night <- as.POSIXct("2020-10-24 22:00", tz = "Europe/Berlin") + 3600 * 0:5 # 2 o'clock comes twice
  texts <- label_texts(night)
  expect_identical(texts[[1]], "2020-10-24 20:00:00+00:00")
  expect_identical(anyDuplicated(texts), 0L)
  expect_equal(label_values("2020-10-25 03:00:00+00:00", night), night[[6]] + 7200)
  noon <- as.POSIXct("2020-03-28 12:00", tz = "Europe/Berlin") + 3600 * c(0, 23, 47) # the second day has 23 hours
  expect_identical(label_texts(noon), paste(c("2020-03-28", "2020-03-29", "2020-03-30"), "12:00:00"))
  expect_equal(label_values("2020-03-31 12:00:00", noon), noon[[3]] + 86400)
  parts <- as.POSIXct("2020-01-01", tz = "UTC") + c(0, 0.25, 0.1)
  expect_identical(label_texts(parts), paste0("2020-01-01 00:00:00.", c("000000", "250000", "100000")))
  expect_identical(label_texts(as.POSIXct(as.Date("2020-01-31"))), "2020-01-31")
  expect_equal(label_values("2020-01-02", as.POSIXct("2020-01-01", tz = "UTC")), as.POSIXct("2020-01-02", tz = "UTC"))
})

test_that("data frames that would be misread are refused", {
  set.seed(3)
  wide <- data.frame(day = as.Date("2020-01-01") + 0:11, a = rnorm(12), b = rnorm(12), c = c(NA, rnorm(11)))
  expect_error(table_of(wide, NULL, NULL, NULL), "column day every row has a label of its own.*as.matrix")
  expect_identical(table_of(wide, NULL, NULL, NULL, yes = TRUE)$modes, c("day", "a", "b"))
  expect_identical(table_of(wide, NULL, c("day", "a"), NULL)$modes, c("day", "a"))
  expect_error(table_of(setNames(wide, c("a", "a", "b", "c")), NULL, NULL, NULL), "two columns have the name a")
  expect_error(table_of(wide, c("a", "b"), "day", NULL), "value = has several columns")
  expect_error(table_of(wide[0, ], NULL, NULL, NULL), "the data frame has no rows")
})

test_that("a column that scale() has made is one of numbers", {
  long <- data.frame(i = rep(1:4, 3), k = rep(1:3, each = 4))
  long$y <- scale(as.double(1:12))
  expect_null(dim(table_of(long, NULL, NULL, NULL)$arrays$values))
})

test_that("names of modes have any sign", {
  skip_without_command()
  done <- quick(product(), modes = c("a=b, c", "d \"e\""), order = c("a=b, c" = "appearance"), smooth = "d \"e\"")
  expect_identical(done$result$read$modes[[1]]$order, "appearance")
  expect_error(quick(product(), full_grid = TRUE), "has no effect on an array")
  expect_error(quick(product(), progress = "yes"), "progress = \"yes\": give TRUE or FALSE")
})

test_that("a comma as the decimal mark of the session changes nothing", {
  skip_without_command()
  mark <- Sys.getlocale("LC_NUMERIC")
  on.exit(Sys.setlocale("LC_NUMERIC", mark))
  locales <- c("de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "German_Germany.1252")
  found <- suppressWarnings(Filter(function(name) nzchar(Sys.setlocale("LC_NUMERIC", name)), locales))
  skip_if(!length(found), "no locale with commas is installed")
  suppressWarnings(Sys.setlocale("LC_NUMERIC", found[[1]]))
  done <- quick(product())
  expect_identical(Sys.getlocale("LC_NUMERIC"), found[[1]])
  Sys.setlocale("LC_NUMERIC", "C")
  expect_identical(done$filled, quick(product())$filled)
})

test_that("series of zoo have their times", {
  skip_without_command()
  skip_if_not_installed("zoo")
  days <- as.Date("2020-01-01") + c(0:3, 5:8) # one is missing
  series <- getExportedValue("zoo", "zoo")(product(), days)
  done <- quick(series)
  expect_identical(done$result$read$modes[[1]]$kind, "date")
  expect_equal(as.numeric(done$result$read$modes[[1]]$missing_steps), 1)
  expect_s3_class(done$filled, "zoo")
  expect_identical(as.data.frame(done)$time[1:8], format(days))
})
