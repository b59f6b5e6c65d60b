# Archives of NumPy arrays: a zip of .npy members. R's arrays are in Fortran order, which the format knows.

# A zip member holds what a gzip file holds between its head of 10 bytes and its end, the checksum and the size.
npz_write <- function(path, arrays) {
  archive <- file(path, "wb")
  on.exit(close(archive))
  directory <- raw()
  offset <- 0
  for (name in names(arrays)) {
    packed <- npy_packed(arrays[[name]])
    n <- length(packed)
    file <- charToRaw(enc2utf8(paste0(name, ".npy")))
    # Version 2.0, names in UTF-8, deflated, 1 January 1980, checksum, sizes, length of the name, no extra field.
    head <- c(little(20, 2), little(2048, 2), little(8, 2), little(0, 2), little(33, 2), packed[n - 7:4],
              little(n - 18, 4), packed[n - 3:0], little(length(file), 2), little(0, 2))
    local <- c(charToRaw("PK\003\004"), head, file)
    writeBin(local, archive)
    writeBin(packed[11:(n - 8)], archive)
    directory <- c(directory, charToRaw("PK\001\002"), little(20, 2), head, raw(10), little(offset, 4), file)
    offset <- offset + length(local) + n - 18
    if (offset >= 2^32) stop("the table is too large to be handed over: 4 GiB are", call. = FALSE)
  }
  members <- little(length(arrays), 2)
  writeBin(c(directory, charToRaw("PK\005\006"), raw(4), members, members, little(length(directory), 4),
             little(offset, 4), raw(2)), archive)
}

little <- function(number, bytes) as.raw(number %/% 256^(seq_len(bytes) - 1) %% 256)

npy_packed <- function(x) {
  path <- tempfile("lacuna-", fileext = ".gz")
  on.exit(unlink(path))
  file <- gzfile(path, "wb", compression = 1)
  tryCatch(npy_write(file, x), finally = close(file))
  readBin(path, "raw", file.size(path))
}

npy_write <- function(file, x) {
  shape <- if (is.null(dim(x))) length(x) else dim(x)
  width <- 8
  if (is.character(x)) {
    bytes <- lapply(enc2utf8(x), charToRaw)
    width <- max(1L, lengths(bytes))
    type <- paste0("|S", width)
  } else {
    type <- if (is.logical(x)) "|b1" else if (is.integer(x)) "<i4" else "<f8"
  }
  if (length(x) * width >= 2^31) stop("the table is too large to be handed over: 2 GiB an array are the most", call. = FALSE)
  dict <- sprintf("{'descr': '%s', 'fortran_order': True, 'shape': (%s,), }", type, paste(sprintf("%.0f", shape), collapse = ", "))
  dict <- paste0(dict, strrep(" ", -(nchar(dict) + 11) %% 64), "\n")
  writeBin(c(as.raw(0x93), charToRaw("NUMPY"), as.raw(c(1, 0)), little(nchar(dict), 2), charToRaw(dict)), file)
  if (is.character(x)) {
    n <- lengths(bytes)
    out <- raw(length(x) * width)
    out[rep((seq_along(x) - 1) * width, n) + sequence(n)] <- unlist(bytes)
    writeBin(out, file)
  } else if (is.logical(x)) {
    writeBin(as.raw(x), file)
  } else {
    writeBin(as.vector(x), file, endian = "little")
  }
}

npz_read <- function(path) {
  folder <- tempfile("lacuna-")
  on.exit(unlink(folder, recursive = TRUE))
  files <- unzip(path, exdir = folder)
  arrays <- lapply(files, npy_read)
  names(arrays) <- sub("\\.npy$", "", basename(files))
  arrays
}

npy_read <- function(path) {
  file <- file(path, "rb")
  on.exit(close(file))
  magic <- readBin(file, "raw", 8)
  size <- if (magic[[7]] == 1) 2 else 4
  dict <- rawToChar(readBin(file, "raw", sum(as.integer(readBin(file, "raw", size)) * 256^(seq_len(size) - 1))))
  type <- sub(".*'descr': *'([^']*)'.*", "\\1", dict)
  shape <- as.numeric(strsplit(gsub("[^0-9,]", "", sub(".*'shape': *\\(([^)]*)\\).*", "\\1", dict)), ",")[[1]])
  data <- npy_data(file, type, prod(shape))
  if (length(shape) < 2) return(data)
  if (grepl("'fortran_order': *True", dict)) return(array(data, shape))
  aperm(array(data, rev(shape)))
}

npy_data <- function(file, type, n) {
  width <- as.integer(sub("^..", "", type))
  endian <- if (startsWith(type, ">")) "big" else "little"
  switch(substr(type, 2, 2),
    f = readBin(file, "double", n, width, endian = endian),
    i = if (width < 8) readBin(file, "integer", n, width, endian = endian) else npy_long(file, n),
    u = readBin(file, "integer", n, width, signed = width > 2, endian = endian),
    b = readBin(file, "integer", n, 1) != 0,
    S = apply(matrix(readBin(file, "raw", n * width), width), 2, function(x) utf8(rawToChar(x[x != 0]))),
    U = apply(matrix(readBin(file, "integer", n * width), width), 2, function(x) intToUtf8(x[x != 0])),
    stop("the command gave an array of type ", type, ", which this package does not read: install both from one release")
  )
}

# 64 bits by 16: a word of 32 bits may be what R takes for NA.
npy_long <- function(file, n) {
  words <- matrix(readBin(file, "integer", 4 * n, 2, signed = FALSE, endian = "little"), 4)
  top <- words[4, ] - ifelse(words[4, ] >= 2^15, 2^16, 0)
  words[1, ] + words[2, ] * 2^16 + words[3, ] * 2^32 + top * 2^48
}

utf8 <- function(text) {
  Encoding(text) <- "UTF-8"
  text
}
