//! Which rows belong together.

use crate::argument::{Arg, count, described, expected};
use crate::arrays::{Rows, Values, array, rows};
use crate::error::invalid;
use crate::progress::{callback, watched};
use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use sonic::cluster::{
    DbscanOptions, HdbscanOptions, Metric, Model, Number, Selection, dbscan_with, hdbscan_with,
};
use std::ops::ControlFlow;

/// How near rows are neighbours by DBSCAN if nothing is said.
const EPSILON: f64 = 0.5;

/// An argument that may be left out.
type Maybe<T> = Option<Arg<T>>;

/// The cluster of each row: an array of shape (n,), int64, numbered from 0 in the order of first rows; -1 is noise.
///
/// `x` is array-like of shape (n, d): real numbers, compared as they are, in double precision; whole numbers that float64
/// does not hold are refused. A row with a number that is not finite is noise and has no
/// influence on others. `metric` is "euclidean" or "cosine" (1 less the cosine). `method` is "hdbscan" (clusters of any
/// density; `HDBSCAN` describes its options) or "dbscan": rows nearer to each other than `epsilon` (0.5) are neighbours,
/// `min_samples` (5) of them, itself included, make a row the core of a cluster. With "hdbscan" `epsilon` is another name
/// of `cluster_selection_epsilon`. `threads` is how many work (0: as many as there are cores); labels are the same for any
/// number. `progress` is called with the part that is done, 0 to 1. Raises `InvalidArgumentError` if `x` has another
/// shape, or an option is out of its range.
#[pyfunction]
#[pyo3(
    signature = (x, min_cluster_size=5, min_samples=None, metric=Metric::Euclidean, *, method=Method::Hdbscan,
                 epsilon=None, cluster_selection_epsilon=Arg(0.0), max_cluster_size=None, alpha=Arg(1.0),
                 cluster_selection_method=Selection::ExcessOfMass, allow_single_cluster=Arg(false), threads=0,
                 progress=None),
    text_signature = "(x, min_cluster_size=5, min_samples=None, metric='euclidean', *, method='hdbscan', epsilon=None, cluster_selection_epsilon=0.0, max_cluster_size=None, alpha=1.0, cluster_selection_method='eom', allow_single_cluster=False, threads=0, progress=None)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub(crate) fn cluster<'py>(
    x: &Bound<'py, PyAny>,
    #[pyo3(from_py_with = count)] min_cluster_size: usize,
    min_samples: Maybe<usize>,
    #[pyo3(from_py_with = metric)] metric: Metric,
    #[pyo3(from_py_with = method)] method: Method,
    epsilon: Maybe<f64>,
    cluster_selection_epsilon: Arg<f64>,
    max_cluster_size: Maybe<usize>,
    alpha: Arg<f64>,
    #[pyo3(from_py_with = selection)] cluster_selection_method: Selection,
    allow_single_cluster: Arg<bool>,
    #[pyo3(from_py_with = count)] threads: usize,
    #[pyo3(from_py_with = callback)] progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let (py, rows) = (x.py(), rows(x)?);
    let (min_samples, epsilon) = (min_samples.map(|a| a.0), epsilon.map(|a| a.0));
    let options = HdbscanOptions {
        min_cluster_size,
        min_samples,
        metric,
        epsilon: epsilon.unwrap_or(cluster_selection_epsilon.0),
        max_cluster_size: max_cluster_size.map(|a| a.0),
        alpha: alpha.0,
        selection: cluster_selection_method,
        allow_single_cluster: allow_single_cluster.0,
        threads,
    };
    let simple = DbscanOptions {
        epsilon: epsilon.unwrap_or(EPSILON),
        min_samples: min_samples.unwrap_or(DbscanOptions::default().min_samples),
        metric,
        threads,
    };
    let labels = watched(py, "clustering", progress.as_ref(), |report| match &rows.values {
        Values::Singles(values) => labels(values, rows.dimensions, method, &options, &simple, report),
        Values::Doubles(values) => labels(values, rows.dimensions, method, &options, &simple, report),
    })?;
    label_array(py, &labels)
}

fn labels<T: Number>(
    values: &[T],
    dimensions: usize,
    method: Method,
    options: &HdbscanOptions,
    simple: &DbscanOptions,
    report: &mut dyn FnMut(f32) -> ControlFlow<()>,
) -> sonic::Result<Vec<i32>> {
    match method {
        Method::Dbscan => dbscan_with(values, dimensions, simple, report),
        Method::Hdbscan => hdbscan_with(values, dimensions, options, report).map(|clusters| clusters.labels),
    }
}

/// How rows are clustered.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    Hdbscan,
    Dbscan,
}

/// A clustering by HDBSCAN that predicts where new rows belong: what `sonic.HDBSCAN` keeps after `fit`.
#[pyclass(frozen, module = "sonic._native")]
pub(crate) struct Clustering {
    model: Model,
    dimensions: usize,
}

#[pymethods]
impl Clustering {
    #[new]
    #[pyo3(signature = (x, min_cluster_size, min_samples, metric, cluster_selection_epsilon, max_cluster_size, alpha,
                        cluster_selection_method, allow_single_cluster, threads))]
    #[expect(clippy::too_many_arguments, reason = "one caller, the estimator")]
    fn new(
        x: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = count)] min_cluster_size: usize,
        min_samples: Maybe<usize>,
        #[pyo3(from_py_with = metric)] metric: Metric,
        cluster_selection_epsilon: Arg<f64>,
        max_cluster_size: Maybe<usize>,
        alpha: Arg<f64>,
        #[pyo3(from_py_with = selection)] cluster_selection_method: Selection,
        allow_single_cluster: Arg<bool>,
        #[pyo3(from_py_with = count)] threads: usize,
    ) -> PyResult<Self> {
        let (py, rows) = (x.py(), rows(x)?);
        let options = HdbscanOptions {
            min_cluster_size,
            min_samples: min_samples.map(|a| a.0),
            metric,
            epsilon: cluster_selection_epsilon.0,
            max_cluster_size: max_cluster_size.map(|a| a.0),
            alpha: alpha.0,
            selection: cluster_selection_method,
            allow_single_cluster: allow_single_cluster.0,
            threads,
        };
        let model = watched(py, "clustering", None, |report| match &rows.values {
            Values::Singles(values) => Model::fit_with(values, rows.dimensions, &options, report),
            Values::Doubles(values) => Model::fit_with(values, rows.dimensions, &options, report),
        })?;
        Ok(Self { model, dimensions: rows.dimensions })
    }

    /// The cluster of each row: shape (n,), int64; -1 for noise.
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        label_array(py, &self.model.clusters().labels)
    }

    /// How firmly each row belongs to its cluster, 0 to 1: shape (n,), float32.
    #[getter]
    fn probabilities<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        array(py, self.model.clusters().probabilities.clone())
    }

    /// How far each row lies outside of what is dense near it, 0 to 1: shape (n,), float32.
    #[getter]
    fn outlier_scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<f32>>> {
        array(py, self.model.clusters().outlier_scores.clone())
    }

    /// The rows that were clustered: shape (n, d), float32 or float64 as they were compared.
    #[getter]
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (rows, dimensions) = (self.model.rows(), self.dimensions.max(1));
        let shape = [rows.len() / dimensions, dimensions];
        match rows {
            sonic::cluster::Rows::Singles(rows) => Ok(array(py, rows.to_vec())?.reshape(shape)?.into_any()),
            sonic::cluster::Rows::Doubles(rows) => Ok(array(py, rows.to_vec())?.reshape(shape)?.into_any()),
        }
    }

    /// Numbers of a row.
    #[getter]
    fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The cluster that each of other rows would join, and how firmly.
    #[pyo3(signature = (x))]
    #[expect(clippy::type_complexity, reason = "a tuple of two arrays")]
    fn predict<'py>(
        &self,
        x: &Bound<'py, PyAny>,
    ) -> PyResult<(Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f32>>)> {
        let (py, rows) = (x.py(), rows(x)?);
        self.check(py, &rows)?;
        let found = watched(py, "predicting", None, |report| match &rows.values {
            Values::Singles(values) => self.model.predict_with(values, report),
            Values::Doubles(values) => self.model.predict_with(values, report),
        });
        let (labels, probabilities) = found?;
        Ok((label_array(py, &labels)?, array(py, probabilities)?))
    }
}

impl Clustering {
    /// That other rows are as long as those that were clustered.
    fn check(&self, py: Python<'_>, rows: &Rows) -> PyResult<()> {
        let none = match &rows.values {
            Values::Singles(values) => values.is_empty(),
            Values::Doubles(values) => values.is_empty(),
        };
        if rows.dimensions == self.dimensions || none {
            return Ok(());
        }
        let message = format!(
            "X has {} features, but HDBSCAN is expecting {} features as input",
            rows.dimensions, self.dimensions
        );
        Err(invalid(py, message))
    }
}

fn label_array<'py>(py: Python<'py>, labels: &[i32]) -> PyResult<Bound<'py, PyArray1<i64>>> {
    array(py, labels.iter().map(|label| i64::from(*label)).collect())
}

fn metric(object: &Bound<'_, PyAny>) -> PyResult<Metric> {
    match object.extract::<String>().as_deref() {
        Ok("euclidean") => Ok(Metric::Euclidean),
        Ok("cosine") => Ok(Metric::Cosine),
        _ => Err(expected("the metric \"euclidean\" or \"cosine\"", object)),
    }
}

fn method(object: &Bound<'_, PyAny>) -> PyResult<Method> {
    match object.extract::<String>().as_deref() {
        Ok("hdbscan") => Ok(Method::Hdbscan),
        Ok("dbscan") => Ok(Method::Dbscan),
        _ => Err(expected("the method \"hdbscan\" or \"dbscan\"", object)),
    }
}

fn selection(object: &Bound<'_, PyAny>) -> PyResult<Selection> {
    match object.extract::<String>().as_deref() {
        Ok("eom") => Ok(Selection::ExcessOfMass),
        Ok("leaf") => Ok(Selection::Leaf),
        _ => Err(invalid(
            object.py(),
            format!("cluster_selection_method is \"eom\" or \"leaf\", not {}", described(object)),
        )),
    }
}
