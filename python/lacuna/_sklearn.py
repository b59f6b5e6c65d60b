"""An imputer for scikit-learn."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from lacuna import _settings
from lacuna._command import without_warnings
from lacuna._complete import complete

Array = np.ndarray[Any, Any]
SAMPLE, FEATURE = "sample", "feature"


class TensorImputer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Fill missing values with a model of low rank.

    ``fit`` completes the table and keeps what it filled. ``transform`` gives a row that was fitted the values found then;
    of another row, its gaps get their conditional mean given what is known of it: rows are standardised sums of the
    blocks found by ``fit``, with weights that are normal with the mean and the covariance that the fitted rows have, and
    noise of the fitted rows' residual variance.

    Parameters
    ----------
    modes : sequence of int, optional
        The shape of a row: the columns are the cells of a tensor, the last mode varying fastest. Default: one mode, the
        features.
    noise : str
        How values scatter, as in ``complete``: ``auto``, ``gaussian``, ``student``, ``bernoulli``, ``counts``, ``binomial``,
        ``ordinal``, ``lognormal``, or ``by-label``. Rows that were not fitted are filled by normal noise, whatever the family.
        There is no ``censored``: the arrays of scikit-learn hold numbers, and have no place for limits; use ``complete``.
    rank : int, optional
        The number of blocks. Default: found.
    standardise : str, optional
        ``none``, ``global``, or the name of a mode of the columns whose every label gets its own mean and scale:
        ``feature`` (the default for two modes), with ``modes`` ``mode1``, ``mode2``, … (the default is ``global``).
    effort : float
        Work to spend.
    max_time : float, optional
        Seconds after which the best so far is taken.
    seed : int
        Seed of every random number.
    threads : int, optional
        Default: all processors. The result does not depend on it.

    Attributes
    ----------
    completion_ : Completion
        What ``fit`` found: errors, factors, warnings.
    n_features_in_ : int
    feature_names_in_ : array of str

    Examples
    --------
    >>> import numpy as np, lacuna
    >>> X = np.outer(np.arange(1.0, 11), np.arange(1.0, 6))
    >>> X[3, 2] = np.nan
    >>> imputer = lacuna.TensorImputer(effort=0.001).fit(X)
    >>> float(imputer.transform(X)[3, 2].round(2))
    12.0
    >>> float(imputer.transform([[2.5, 5.0, np.nan, 10.0, 12.5]])[0, 2].round(1))
    7.5
    """

    def __init__(
        self,
        modes: Sequence[int] | None = None,
        *,
        noise: str = "auto",
        rank: int | None = None,
        standardise: str | None = None,
        effort: float = 0.05,
        max_time: float | None = None,
        seed: int = 1,
        threads: int | None = None,
    ) -> None:
        self.modes = modes
        self.noise = noise
        self.rank = rank
        self.standardise = standardise
        self.effort = effort
        self.max_time = max_time
        self.seed = seed
        self.threads = threads

    def fit(self, X: Any, y: Any = None) -> TensorImputer:
        """Complete X, samples × features; NaN is a gap. y is not used."""
        _settings.work(self.rank, self.seed, self.threads, self.effort, self.max_time)
        X = self._checked(X, reset=True)
        shape = self._row_shape(X.shape[1])
        names = [SAMPLE] + ([FEATURE] if self.modes is None else [f"mode{k + 1}" for k in range(len(shape))])
        standardise = self.standardise or (FEATURE if self.modes is None else "global")
        if standardise in ("auto", SAMPLE):
            raise ValueError(f"standardise={standardise!r}: rows that were not fitted have no scale of their own; choose a "
                             f"mode of the columns, global or none")
        known = ~np.isnan(X)
        if not known.any():
            raise ValueError("X has no known value")
        self._fitted_rows = {row.tobytes(): k for k, row in enumerate(X)}
        self._constant = X[known].min() == X[known].max()
        if self._constant:
            self.completion_, self._filled = None, np.where(known, X, X[known][0])
            return self
        tensor = X.reshape(-1, *shape)
        if known.all():  # a gap there must be, for a model to be made: a row that nothing is known of
            tensor = np.concatenate([tensor, np.full((1, *shape), np.nan)])
        with without_warnings():  # they are in completion_.warnings
            self.completion_ = complete(
                tensor, modes=names, labels=None, noise=self.noise, rank=self.rank, standardise=standardise,
                order={name: "none" for name in names}, effort=self.effort, max_time=self.max_time, seed=self.seed,
                threads=self.threads, yes=True, progress=False,
            )
        self._filled = self.completion_.filled.reshape(-1, X.shape[1])[: len(X)]
        self._learn(X, shape)
        return self

    def transform(self, X: Any) -> Array:
        """X with its gaps filled."""
        check_is_fitted(self, "completion_")
        X = self._checked(X, reset=False)
        out: Array = X.copy()
        for k, row in enumerate(X):
            gaps = np.isnan(row)
            if not gaps.any():
                continue
            fitted = self._fitted_rows.get(row.tobytes())
            if fitted is not None:
                out[k] = self._filled[fitted]
            elif self._constant:
                out[k, gaps] = self._filled[0, 0]
            else:
                out[k, gaps] = self._conditional(row, gaps)
        return out

    def _row_shape(self, features: int) -> tuple[int, ...]:
        if self.modes is None:
            return (features,)
        sizes = _settings.numbers("modes", self.modes, "the sizes of the modes of a row, such as (12, 5)")
        for size in sizes:
            _settings.whole("modes", size, 2, "whole numbers from 2 on")
        shape = tuple(int(d) for d in sizes)
        if int(np.prod(shape)) != features:
            raise ValueError(f"modes={self.modes!r}: X has {features} features; give sizes of two or more whose product that is")
        return shape

    def _learn(self, X: Array, shape: tuple[int, ...]) -> None:
        """What a row is made of: means, scales and blocks of every column, and how weights and noise scatter."""
        assert self.completion_ is not None and self.completion_.factors is not None
        f = self.completion_.factors
        columns = f.arrays[1]
        for factor in f.arrays[2:]:
            columns = np.einsum("ir,jr->ijr", columns, factor).reshape(-1, columns.shape[1])
        if f.scale_mode < 0:
            self._mean, self._scale = np.full(len(columns), f.mean[0]), np.full(len(columns), f.scale[0])
        else:
            axis = np.indices(shape)[f.scale_mode - 1].reshape(-1)
            self._mean, self._scale = f.mean[axis], f.scale[axis]
        weights = f.arrays[0][: len(X)]
        self._blocks, self._expected = columns, weights.mean(axis=0)
        self._spread = np.atleast_2d(np.cov(weights, rowvar=False, bias=True))
        residual = (X - self._mean) / self._scale - weights @ columns.T
        floor = 1e-6  # of the variance of standardised values: an exact model has none
        self._noise = max(float(np.nanmean(residual**2)), floor)

    def _conditional(self, row: Array, gaps: Array) -> Array:
        known = ~gaps
        blocks, inside = self._blocks[gaps], self._blocks[known]
        standardised = (row[known] - self._mean[known]) / self._scale[known]
        covariance = inside @ self._spread @ inside.T + self._noise * np.eye(len(inside))
        surprise = np.linalg.solve(covariance, standardised - inside @ self._expected)
        weights = self._expected + self._spread @ inside.T @ surprise
        return np.asarray(self._mean[gaps] + self._scale[gaps] * (blocks @ weights))

    def _checked(self, X: Any, reset: bool) -> Array:
        """X as float64, its gaps all the same NaN, so that rows that are alike have the same bytes."""
        how: dict[str, Any] = {"dtype": np.float64, "reset": reset, "ensure_min_features": 2}
        if reset:
            how["ensure_min_samples"] = 2
        try:
            from sklearn.utils.validation import validate_data
        except ImportError:  # before version 1.6
            X = self._validate_data(X, force_all_finite="allow-nan", **how)
        else:
            X = validate_data(self, X, ensure_all_finite="allow-nan", **how)
        return np.ascontiguousarray(np.where(np.isnan(X), np.nan, X + 0.0))

    def _more_tags(self) -> dict[str, Any]:
        return {"allow_nan": True}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
