package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lacuna/internal/atomicfile"
)

// MetOfficeURL is where the Met Office keeps its station files, each called by the station's name and data.txt.
const MetOfficeURL = "https://www.metoffice.gov.uk/pub/data/weather/uk/climate/stationdata/"

// ErrOffline is wrapped by the errors about a server that cannot be reached.
var ErrOffline = errors.New("the server cannot be reached")

// FetchOptions say how station files are fetched. Only CacheDir has to be given.
type FetchOptions struct {
	BaseURL   string        // default MetOfficeURL
	CacheDir  string        // where the files and manifest.json are kept; made if it is not there
	Refresh   bool          // download again what is in the cache
	Attempts  int           // for each file, default 4
	Backoff   time.Duration // pause before the second attempt, doubled for each one more; default 1 s
	Timeout   time.Duration // for one attempt, default 30 s
	UserAgent string        // default "lacuna (tensor completion; fetches each station file once)"
	Client    *http.Client  // default http.DefaultClient

	AcceptRevised bool // take a Meteo-UK tensor whose sums are not the paper's

	Progress func(station string, done, all int) // called before each station
}

func (o *FetchOptions) defaults() {
	if o.BaseURL == "" {
		o.BaseURL = MetOfficeURL
	}
	if !strings.HasSuffix(o.BaseURL, "/") {
		o.BaseURL += "/"
	}
	if o.Attempts == 0 {
		o.Attempts = 4
	}
	if o.Backoff == 0 {
		o.Backoff = time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.UserAgent == "" {
		o.UserAgent = "lacuna (tensor completion; fetches each station file once)"
	}
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
}

// Manifest records what was downloaded, and when. It is kept as manifest.json beside the files.
type Manifest struct {
	Licence string          `json:"licence"`
	Files   []ManifestEntry `json:"files"`
}

// ManifestEntry is one file of a Manifest.
type ManifestEntry struct {
	File         string    `json:"file"`
	URL          string    `json:"url"`
	Fetched      time.Time `json:"fetched"`
	LastModified string    `json:"last_modified,omitempty"` // as the server said
	Bytes        int       `json:"bytes"`
	SHA256       string    `json:"sha256"`
}

const manifestName = "manifest.json"

func (m *Manifest) entry(file string) *ManifestEntry {
	for k := range m.Files {
		if m.Files[k].File == file {
			return &m.Files[k]
		}
	}
	return nil
}

func (m *Manifest) set(e ManifestEntry) {
	if old := m.entry(e.File); old != nil {
		*old = e
		return
	}
	m.Files = append(m.Files, e)
}

// FetchStations returns the stations of the given names, from the cache where it has them. A file in the cache that is
// not what the manifest says is downloaded again; one that the manifest does not know was put there by the user, and
// is taken as it is.
func FetchStations(ctx context.Context, names []string, o FetchOptions) ([]*Station, *Manifest, error) {
	o.defaults()
	if o.CacheDir == "" {
		return nil, nil, errors.New("dataset: no directory for the cache was given")
	}
	if err := os.MkdirAll(o.CacheDir, 0o777); err != nil {
		return nil, nil, fmt.Errorf("the cache cannot be made: %w", err)
	}
	manifest, err := readManifest(o.CacheDir)
	if err != nil {
		return nil, nil, err
	}
	var stations []*Station
	for k, name := range names {
		if o.Progress != nil {
			o.Progress(name, k, len(names))
		}
		station, err := o.station(ctx, name, manifest)
		if err != nil {
			return nil, nil, err
		}
		stations = append(stations, station)
	}
	return stations, manifest, nil
}

func readManifest(folder string) (*Manifest, error) {
	path := filepath.Join(folder, manifestName)
	m := &Manifest{Licence: openGovernment}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): delete it to fetch the files again", path, err)
	}
	return m, nil
}

func (m *Manifest) write(folder string) error {
	return atomicfile.Write(filepath.Join(folder, manifestName), func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(m)
	})
}

// station returns one station, and notes a download in the manifest.
func (o *FetchOptions) station(ctx context.Context, name string, manifest *Manifest) (*Station, error) {
	file := name + "data.txt"
	path := filepath.Join(o.CacheDir, file)
	if data, err := os.ReadFile(path); err == nil && !o.Refresh {
		if entry := manifest.entry(file); entry == nil || entry.SHA256 == sum(data) {
			return ParseStation(name, path, data)
		}
	}
	address, err := url.JoinPath(o.BaseURL, file)
	if err != nil {
		return nil, fmt.Errorf("%s is no address: %w", o.BaseURL, err)
	}
	data, header, err := o.download(ctx, address)
	if err != nil {
		return nil, err
	}
	// A page that is no station file must not enter the cache.
	station, err := ParseStation(name, address, data)
	if err != nil {
		return nil, err
	}
	err = atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return nil, err
	}
	manifest.set(ManifestEntry{
		File: file, URL: address, Fetched: time.Now().UTC().Truncate(time.Second),
		LastModified: header.Get("Last-Modified"), Bytes: len(data), SHA256: sum(data),
	})
	return station, manifest.write(o.CacheDir)
}

func sum(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// download tries several times, with growing pauses.
func (o *FetchOptions) download(ctx context.Context, address string) ([]byte, http.Header, error) {
	pause := o.Backoff
	for attempt := 1; ; attempt++ {
		data, header, wait, err := o.attempt(ctx, address)
		if err == nil {
			return data, header, nil
		}
		var final *permanentError
		if errors.As(err, &final) || attempt >= o.Attempts || ctx.Err() != nil {
			return nil, nil, o.explain(ctx, address, attempt, err)
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(max(pause, wait)):
		}
		pause *= 2
	}
}

// permanentError is an answer that another attempt would not change.
type permanentError struct{ error }

const largestFile = 16 << 20

func (o *FetchOptions) attempt(
	ctx context.Context, address string,
) (data []byte, header http.Header, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, 0, &permanentError{err}
	}
	request.Header.Set("User-Agent", o.UserAgent)
	response, err := o.Client.Do(request)
	if err != nil {
		return nil, nil, 0, err
	}
	defer response.Body.Close()
	switch code := response.StatusCode; {
	case code == http.StatusTooManyRequests || code >= 500:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		wait = min(time.Minute, max(0, time.Duration(seconds)*time.Second))
		return nil, nil, wait, fmt.Errorf("the server answers %s", response.Status)
	case code != http.StatusOK:
		return nil, nil, 0, &permanentError{fmt.Errorf("the server answers %s", response.Status)}
	}
	data, err = io.ReadAll(io.LimitReader(response.Body, largestFile+1))
	if err == nil && len(data) > largestFile {
		return nil, nil, 0, &permanentError{errors.New("the file is larger than 16 MiB")}
	}
	return data, response.Header, 0, err
}

// explain says what failed and what to do.
func (o *FetchOptions) explain(ctx context.Context, address string, attempts int, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var network net.Error
	if errors.As(err, &network) {
		return fmt.Errorf("%s: %w after %d attempts (%v): check the connection, or put the station files into %s yourself",
			address, ErrOffline, attempts, err, o.CacheDir)
	}
	return fmt.Errorf("%s: %w (%d attempts): try again later, or put the station files into %s yourself", address, err,
		attempts, o.CacheDir)
}
