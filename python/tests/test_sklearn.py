from __future__ import annotations

import unittest
import warnings

import numpy as np
from common import cube

import lacuna

try:
    import sklearn.pipeline
    from sklearn.linear_model import LinearRegression
    from sklearn.utils.estimator_checks import check_estimator
except ImportError:
    raise unittest.SkipTest("scikit-learn is not installed") from None

# The checks of scikit-learn that the imputer does not pass, and why. There is none.
EXPLAINED: dict[str, str] = {}


class Imputer(unittest.TestCase):
    def setUp(self) -> None:
        warnings.simplefilter("ignore")

    def test_scikit_learn_s_checks(self) -> None:
        for estimator, check in check_estimator(lacuna.TensorImputer(effort=0.001, threads=1), generate_only=True):
            name = check.func.__name__
            if name not in EXPLAINED:
                with self.subTest(name):
                    check(estimator)

    def test_fitted_rows_and_new_ones(self) -> None:
        random = np.random.default_rng(1)
        truth = random.normal(size=(60, 2)) @ random.normal(size=(2, 8)) + [0, 5, 10, 0, 0, 0, 0, 100]
        X = truth + 0.01 * random.normal(size=truth.shape)
        X[random.random(X.shape) < 0.15] = np.nan
        imputer = lacuna.TensorImputer(effort=0.01, threads=1).fit(X[:40])
        known = np.isfinite(X)
        np.testing.assert_array_equal(imputer.transform(X[:40]), imputer.completion_.filled)
        filled = imputer.transform(X)
        np.testing.assert_array_equal(filled[known], X[known])
        for rows in (slice(0, 40), slice(40, 60)):
            error = np.sqrt(np.mean((filled - truth)[rows][~known[rows]] ** 2))
            self.assertLess(error, 0.2, rows)  # the standard deviation is above 1
        np.testing.assert_array_equal(imputer.transform(X[50:51]), filled[50:51])  # a row does not depend on others

    def test_complete_training_rows(self) -> None:
        X = cube((30, 6), gaps=0)
        imputer = lacuna.TensorImputer(effort=0.01, threads=1).fit(X)
        np.testing.assert_array_equal(imputer.transform(X), X)
        holes = X.copy()
        holes[::3, 2] = np.nan
        error = np.sqrt(np.mean((imputer.transform(holes) - X)[::3, 2] ** 2))
        self.assertLess(error, 0.2 * X[:, 2].std())

    def test_modes(self) -> None:
        x = cube((20, 5, 4))
        imputer = lacuna.TensorImputer(modes=(5, 4), effort=0.001, threads=1)
        filled = imputer.fit_transform(x.reshape(20, 20))
        self.assertEqual(imputer.completion_.result["shape"], [20, 5, 4])
        self.assertTrue(np.isfinite(filled).all())
        new = cube((20, 5, 4), gaps=0.3)[:3].reshape(3, 20)
        truth = cube((20, 5, 4), gaps=0)[:3].reshape(3, 20)
        gaps = np.isnan(new)
        error = np.sqrt(np.mean((imputer.transform(new) - truth)[gaps] ** 2))
        self.assertLess(error, 0.3 * truth.std())
        with self.assertRaisesRegex(ValueError, r"modes=\(5, 5\): X has 20 features"):
            lacuna.TensorImputer(modes=(5, 5)).fit(x.reshape(20, 20))

    def test_pipeline(self) -> None:
        X = cube((40, 5))
        pipeline = sklearn.pipeline.make_pipeline(lacuna.TensorImputer(effort=0.001, threads=1), LinearRegression())
        self.assertTrue(np.isfinite(pipeline.fit(X, np.arange(40.0)).predict(X)).all())

    def test_constant_and_empty(self) -> None:
        filled = lacuna.TensorImputer().fit_transform([[3, 3], [np.nan, 3]])
        np.testing.assert_array_equal(filled, np.full((2, 2), 3.0))
        for name, value in {"seed": 1.5, "effort": "x", "threads": 0.5, "rank": [2], "max_time": "1m", "modes": "x"}.items():
            with self.assertRaisesRegex(TypeError, f"{name}=.*: give "):
                lacuna.TensorImputer(**{name: value}).fit(cube((8, 6)))
        with self.assertRaisesRegex(ValueError, "no known value"):
            lacuna.TensorImputer().fit(np.full((3, 3), np.nan))


if __name__ == "__main__":
    unittest.main()
