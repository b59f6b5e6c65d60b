package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// archive packs the program with what goes beside it, under one folder: a .zip for Windows, else a .tar.gz.
func (r *release) archive(platform, binary string) error {
	data, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	name := "lacuna-" + r.version + "-" + strings.ReplaceAll(platform, "/", "-")
	files := append([]file{{filepath.Base(binary), 0o755, data}}, r.documents...)
	pack, ending := tarball, ".tar.gz"
	if strings.HasPrefix(platform, "windows/") {
		pack, ending = zipped, ".zip"
	}
	packed, err := pack(name, files, r.time)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, name+ending), packed, 0o666)
}

// page packs the static page.
func (r *release) page() error {
	folder := filepath.Join(r.scratch, "page")
	if err := r.command("sh", filepath.Join("tools", "page.sh"), folder).Run(); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var files []file
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return err
		}
		files = append(files, file{entry.Name(), 0o644, data})
	}
	name := "lacuna-" + r.version + "-page"
	packed, err := zipped(name, files, r.time)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, name+".zip"), packed, 0o666)
}

// tarball is files in a folder, all of one time, belonging to nobody in particular.
func tarball(folder string, files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	compressed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(compressed)
	for _, f := range files {
		header := &tar.Header{
			Name: folder + "/" + f.name, Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: at, Typeflag: tar.TypeReg,
			Format: tar.FormatUSTAR,
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	for _, c := range []io.Closer{w, compressed} {
		if err := c.Close(); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func zipped(folder string, files []file, at time.Time) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		header := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: at}
		header.SetMode(f.mode)
		entry, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

// gzipped is a manual page as packages have it.
func gzipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}
