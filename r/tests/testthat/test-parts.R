test_that("arrays come back from an archive as they went", {
  path <- tempfile(fileext = ".npz")
  arrays <- list(values = array(c(pi, NaN, -Inf, 1e-300, 5, 6), c(1, 2, 3)), index_0 = c(0L, 70000L, -1L),
                 labels_0 = c("plain", "", "\u00e9\u4e2d", "a b"), mask = c(TRUE, FALSE), modes = "one")
  lacuna:::npz_write(path, arrays)
  expect_identical(lacuna:::npz_read(path), arrays)
})

test_that("arrays in C order and of other types are read", {
  path <- tempfile(fileext = ".npy")
  npy <- function(type, shape, bytes) {
    dict <- sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", type, shape)
    writeBin(c(as.raw(0x93), charToRaw("NUMPY"), as.raw(c(1, 0)), lacuna:::little(nchar(dict), 2), charToRaw(dict), bytes), path)
    lacuna:::npy_read(path)
  }
  expect_identical(npy(">f8", "2, 3", writeBin(c(1, 2, 3, 4, 5, 6), raw(), endian = "big")), rbind(c(1, 2, 3), c(4, 5, 6)))
  expect_identical(npy("<i8", "2,", as.raw(c(rep(255, 8), 0, 0, 0, 128, 1, 0, 0, 0))), c(-1, 2^31 + 2^32))
  expect_identical(npy("|u1", "3,", as.raw(c(0, 1, 255))), c(0L, 1L, 255L))
  expect_identical(npy("<U2", "2,", writeBin(c(233L, 0L, 97L, 98L), raw(), endian = "little")), c("\u00e9", "ab"))
  expect_error(npy("<c16", "1,", raw(16)), "one release")
})

test_that("JSON is read", {
  text <- "{\"a\":[1,-2.5e-3],\"b\":{\"c\":null,\"d\":\"x\\\"\\u00e9\\n\\\\n\"},\"e\":[],\"f\":[{\"g\":true},{}],\"h\":[\"1\",2]}"
  expect_identical(lacuna:::json_read(text), list(
    a = c(1, -0.0025), b = list(c = NULL, d = "x\"\u00e9\n\\n"), e = list(), f = list(list(g = TRUE), list()), h = list("1", 2)
  ))
  expect_error(lacuna:::json_read("{\"a\":"), "too early")
})

test_that("labels become texts and back", {
  texts <- function(x) lacuna:::label_texts(x)
  expect_identical(texts(as.Date("2020-01-31")), "2020-01-31")
  expect_identical(texts(as.POSIXct(c("2020-01-31 00:00:00", "2020-01-31 06:00:00"), tz = "UTC")),
                   c("2020-01-31 00:00:00", "2020-01-31 06:00:00"))
  expect_identical(texts(c(3, 0.1, 1 / 3, 1e6)), c("3", "0.1", "0.33333333333333331", "1000000"))
  expect_identical(lacuna:::label_values(c("b", "z"), factor(c("a", "b"))), factor(c("b", "z"), c("a", "b", "z")))
  expect_identical(lacuna:::label_values("2021-02-03", as.Date("2020-01-01")), as.Date("2021-02-03"))
})

test_that("months and quarters of time series are dates", {
  expect_identical(lacuna:::time_texts(ts(1:3, start = c(1999, 12), frequency = 12)), c("1999-12", "2000-01", "2000-02"))
  expect_identical(lacuna:::time_texts(ts(1:2, start = c(1999, 4), frequency = 4)), c("1999-10", "2000-01"))
  expect_identical(lacuna:::time_texts(ts(1:2, start = 1999)), c("1999", "2000"))
})

test_that("messages name parameters in place of flags", {
  expect_identical(lacuna:::in_r("give --full-grid, --order or --orders", c("full_grid", "order")),
                   "give full_grid =, order = or --orders")
})

test_that("a command that is not there is told of", {
  old <- Sys.getenv("LACUNA", NA)
  on.exit(if (is.na(old)) Sys.unsetenv("LACUNA") else Sys.setenv(LACUNA = old))
  Sys.setenv(LACUNA = "/nowhere/lacuna")
  expect_error(lacuna_binary(), "LACUNA names /nowhere/lacuna")
  expect_identical(lacuna_binary(must_exist = FALSE), "")
})

test_that("tables that cannot be read are told with what to do", {
  table <- function(x, ...) lacuna:::table_of(x, NULL, NULL, NULL)
  expect_error(table(data.frame()), "no columns")
  expect_error(table(data.frame(a = 1:3, b = 1:3)), "two index columns or more.*as.matrix")
  expect_error(table(data.frame(a = c(1, NA), b = 1:2, v = 3:4)), "column a is NA in row 2.*as.matrix")
  expect_error(table(matrix(c(TRUE, NA, FALSE, TRUE), 2)), "but logical: convert them with storage.mode")
  expect_error(table(matrix("a", 2, 2)), "but character")
  expect_error(table(list(1, 2)), "but list: give a data frame")
  expect_error(table(matrix(1:4, 2, dimnames = list(c("a", "a"), NULL))), "dimnames\\[\\[1\\]\\] has a again as name 2")
  expect_error(table(matrix(1:4, 2, dimnames = list(NULL, c("a", NA)))), "dimnames\\[\\[2\\]\\] has NA as name 2")
})
