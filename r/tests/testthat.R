library(testthat)
library(lacuna)
test_check("lacuna")
