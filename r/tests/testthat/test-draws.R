test_that("draws differ in the filled values alone", {
  skip_without_command()
  x <- product() + sin(1:56)
  done <- quick(x, draws = 3)
  expect_length(done$draws, 3)
  for (one in done$draws) {
    expect_identical(dim(one), dim(x))
    expect_identical(one[!is.na(x)], x[!is.na(x)])
    expect_false(anyNA(one))
  }
  expect_false(identical(done$draws[[1]], done$draws[[2]]))
  expect_identical(done$filled, quick(x)$filled)
})

test_that("draws are those of the command, label by label", {
  skip_without_command()
  x <- product() + sin(1:56)
  long <- data.frame(r = c(5, 3, 1, 0, 2, 4, 7, 6)[row(x)], k = paste0("k", col(x)), y = as.vector(x))
  done <- quick(long, draws = 2)
  paths <- tempfile(c("a", "b"), fileext = ".csv")
  on.exit(unlink(paths))
  utils::write.csv(transform(long, y = ifelse(is.na(y), "", sprintf("%.17g", y))), paths[[1]], row.names = FALSE, quote = FALSE)
  system2(lacuna_binary(), c("complete", paths[[1]], "-o", paths[[2]], "--draws", "2", "--effort", "0.001", "--quiet"),
          stdout = FALSE, stderr = FALSE)
  theirs <- utils::read.csv(paths[[2]])
  for (k in 1:2) {
    both <- merge(done$draws[[k]], theirs[theirs$lacuna_draw == k, ], by = c("r", "k"))
    expect_lt(max(abs(both$y.y / both$y.x - 1)), 1e-12)
    expect_identical(nrow(both), nrow(long))
  }
})

test_that("draws of rows that a full grid adds, of nothing, and of a number that is none", {
  skip_without_command()
  x <- product()
  long <- data.frame(r = as.vector(row(x)), k = as.vector(col(x)), y = as.vector(x))
  done <- quick(long[!is.na(long$y), ], full_grid = TRUE, draws = 2)
  expect_identical(done$draws[[2]][, 1:2], done$filled[, 1:2])
  expect_false(anyNA(done$draws[[2]]$y))
  whole <- outer(1:4, 1:5) * 1.0
  expect_identical(quick(whole, draws = 2)$draws, list(whole, whole))
  expect_error(quick(x, draws = 0), "draws = 0")
  expect_error(lacuna_mids(quick(x)), "draws = 20")
})

test_that("mice pools what was drawn", {
  skip_without_command()
  skip_if_not_installed("mice")
  x <- product() + sin(1:56)
  dimnames(x) <- list(NULL, letters[1:7])
  imputed <- lacuna_mids(quick(x, draws = 4))
  expect_s3_class(imputed, "mids")
  expect_identical(imputed$m, 4)
  expect_identical(sum(is.na(imputed$data)), 2L)
  pooled <- mice::pool(with(imputed, lm(d ~ a)))
  expect_identical(nrow(summary(pooled)), 2L)
  long <- data.frame(r = as.vector(row(x)), v = letters[col(x)], y = as.vector(x))
  wide <- lacuna_mids(quick(long, draws = 4), columns = "v")
  expect_setequal(names(wide$data), c("r", letters[1:7]))
  expect_identical(unname(which(is.na(wide$data$d))), unname(which(is.na(x[, "d"]))))
  expect_error(lacuna_mids(quick(long, draws = 2), columns = "z"), "no column z")
})
