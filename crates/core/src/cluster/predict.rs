//! At which point each of other rows joins the hierarchy.
//!
//! All of them are compared with all points in blocks, as points are among each other; exact distances are only taken
//! where bounds leave it open which point it is.

use super::kernel::{BLOCK, Bench};
use super::packed::Packed;
use super::points::Points;
use super::{Fitted, cancelled, tiles};
use crate::Result;
use crate::parallel::{lock, map, map_with};
use crate::vector::useful_threads;
use std::ops::ControlFlow;
use std::sync::Mutex;

/// Rows from which on it pays to pack the points.
const MANY: usize = 24;
/// Candidates of a row that there is room for, beside the nearest.
const ROOM: usize = 48;

/// The point at which a row joins, and its squared reachability; `None` without points.
type Joined = Option<(usize, f64)>;

/// Rows to be compared with the points of a clustering.
pub(super) struct Queries<'a> {
    points: &'a Points<'a>,
    queries: &'a Points<'a>,
    fitted: &'a Fitted,
    /// How many points there are within the core distance of a row, besides itself.
    others: usize,
    /// What squared distances are multiplied by before they are compared with core distances.
    shrink: f64,
    threads: usize,
}

/// A point that may be the one, or among the nearest; scaled squared distances.
#[derive(Clone, Copy)]
struct Candidate {
    lower: f32,
    upper: f32,
    point: u32,
}

/// A point with its distance, and with its reachability as far as it does not depend on the row's own density.
#[derive(Clone, Copy)]
struct Exact {
    squared: f64,
    reach: f64,
    point: u32,
}

/// The candidates of a row, and what a lower bound is below that matters.
struct Candidates {
    limit: f32,
    room: usize,
    list: Vec<Candidate>,
}

impl<'a> Queries<'a> {
    pub(super) fn new(points: &'a Points<'a>, queries: &'a Points<'a>, fitted: &'a Fitted) -> Self {
        let others = fitted.options.samples(points.count() + 1) - 1;
        let work = points.count().saturating_mul(queries.count()).saturating_mul(points.dimensions() + 8);
        let threads = useful_threads(fitted.options.threads, work);
        Self { points, queries, fitted, others, shrink: points.shrink(fitted.options.alpha), threads }
    }

    /// Where each row joins. `progress` is told the part that is done, and may cancel it.
    pub(super) fn join(&self, progress: &mut dyn FnMut(f32) -> ControlFlow<()>) -> Result<Vec<Joined>> {
        let count = self.queries.count();
        if self.points.count() == 0 {
            return Ok(vec![None; count]);
        }
        let (points, frame, words) = (self.points, &self.fitted.frame, self.fitted.words);
        let few = count < MANY;
        let order = if few { Vec::new() } else { frame.order(points) };
        let packed = Packed::new(points, frame, order, words, self.threads, &mut || progress(0.0))
            .ok_or_else(cancelled)?;
        let turns = if few { (0..count as u32).collect() } else { frame.order(self.queries) };
        let mut joined = vec![None; count];
        let at_once = if few { self.threads } else { BLOCK * self.threads };
        for (part, turns) in turns.chunks(at_once).enumerate() {
            let done = |share: f32| ((part as f32 + share) * at_once as f32 / count as f32).min(1.0);
            let found = if few {
                Some(map(turns, self.threads, |query| self.choose(&self.all(*query))))
            } else {
                self.join_blocks(&packed, turns, &mut |share| progress(done(share)))
            };
            for (query, found) in turns.iter().zip(found.ok_or_else(cancelled)?) {
                joined[*query as usize] = found;
            }
            if progress(done(1.0)).is_break() {
                return Err(cancelled());
            }
        }
        Ok(joined)
    }

    /// Where the rows of some blocks join; `None` if it was cancelled.
    fn join_blocks(
        &self,
        packed: &Packed<'_>,
        turns: &[u32],
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Option<Vec<Joined>> {
        let (frame, words) = (&self.fitted.frame, self.fitted.words);
        let rows =
            Packed::new(self.queries, frame, turns.to_vec(), words, self.threads, &mut || progress(0.0))?;
        let blocks: Vec<Mutex<Block>> = (0..rows.blocks()).map(|_| Mutex::new(Block::new(self))).collect();
        let step = tiles::at_once(self.points.dimensions(), 1);
        for start in (0..packed.blocks()).step_by(step) {
            let part = start..(start + step).min(packed.blocks());
            map_with(blocks.iter().enumerate(), self.threads, Bench::new, |bench, (number, block)| {
                let mut block = lock(block);
                for other in part.clone() {
                    block.compare(self, bench, (&rows, number), (packed, other));
                }
            });
            if progress(part.end as f32 / packed.blocks() as f32).is_break() {
                return None;
            }
        }
        let chosen = map(blocks.iter().enumerate(), self.threads, |(number, block)| {
            let block = lock(block);
            let of = |place: usize| {
                let query = rows.point(number, place);
                let exact =
                    block.lists[place].list.iter().map(|candidate| self.exact(query, candidate.point));
                self.choose(&exact.collect::<Vec<_>>())
            };
            (0..rows.len(number)).map(of).collect::<Vec<_>>()
        });
        Some(chosen.into_iter().flatten().collect())
    }

    fn exact(&self, query: u32, point: u32) -> Exact {
        let squared = self.points.squared_to(point as usize, self.queries, query as usize);
        Exact { squared, reach: (squared * self.shrink).max(self.fitted.cores[point as usize]), point }
    }

    /// All points as a row sees them.
    fn all(&self, query: u32) -> Vec<Exact> {
        (0..self.points.count() as u32).map(|point| self.exact(query, point)).collect()
    }

    /// The point of the smallest reachability, of equal ones the nearest, then the first.
    fn choose(&self, candidates: &[Exact]) -> Joined {
        let core = core(&mut candidates.iter().map(|exact| exact.squared).collect::<Vec<_>>(), self.others);
        let reach = |exact: &Exact| exact.reach.max(core);
        let nearest = candidates.iter().min_by(|a, b| {
            let order = reach(a).total_cmp(&reach(b)).then(a.squared.total_cmp(&b.squared));
            order.then(a.point.cmp(&b.point))
        });
        nearest.map(|exact| (exact.point as usize, reach(exact)))
    }
}

/// The squared distance within which a row has so many others; infinite if there are fewer.
fn core(squares: &mut [f64], others: usize) -> f64 {
    match others.checked_sub(1) {
        None => 0.0,
        Some(last) if last < squares.len() => *squares.select_nth_unstable_by(last, f64::total_cmp).1,
        Some(_) => f64::INFINITY,
    }
}

/// The rows of a block.
struct Block {
    limits: [f32; BLOCK],
    lists: Vec<Candidates>,
}

impl Block {
    fn new(queries: &Queries<'_>) -> Self {
        let room = 4 * queries.others + ROOM;
        let list = || Candidates { limit: f32::INFINITY, room, list: Vec::with_capacity(room) };
        Self { limits: [f32::INFINITY; BLOCK], lists: (0..BLOCK).map(|_| list()).collect() }
    }

    fn compare(
        &mut self,
        queries: &Queries<'_>,
        bench: &mut Bench,
        (rows, block): (&Packed<'_>, usize),
        (packed, other): (&Packed<'_>, usize),
    ) {
        rows.find_with(bench, block, (packed, other), [&self.limits, &[0.0; BLOCK]]);
        for hit in &bench.hits {
            let list = &mut self.lists[hit.left as usize];
            if hit.lower >= list.limit {
                continue;
            }
            let upper = rows.upper(bench.slack, hit, block, (packed, other));
            let point = packed.point(other, hit.right as usize);
            list.list.push(Candidate { lower: hit.lower, upper, point });
            if list.list.len() == list.room {
                list.shrink(queries, packed, rows.point(block, hit.left as usize));
                self.limits[hit.left as usize] = list.limit;
            }
        }
    }
}

impl Candidates {
    /// Drops what can neither be the point nor be within the core distance; where bounds do not tell, distances are
    /// calculated.
    #[cold]
    fn shrink(&mut self, queries: &Queries<'_>, packed: &Packed<'_>, query: u32) {
        self.drop_far(queries, packed);
        if self.list.len() * 3 < self.room * 2 {
            return;
        }
        for candidate in &mut self.list {
            let squared = queries.exact(query, candidate.point).squared;
            (candidate.lower, candidate.upper) = (packed.scaled_below(squared), packed.scaled_above(squared));
        }
        self.drop_far(queries, packed);
        if self.list.len() * 3 >= self.room * 2 {
            self.drop_worse(queries, query);
        }
        self.room = self.room.max(2 * self.list.len());
    }

    fn drop_far(&mut self, queries: &Queries<'_>, packed: &Packed<'_>) {
        let mut uppers: Vec<f64> = self.list.iter().map(|candidate| f64::from(candidate.upper)).collect();
        let core = core(&mut uppers, queries.others);
        // What the row can reach at most.
        let reach = |candidate: &Candidate| {
            let own = f64::from(packed.scaled_above(queries.fitted.cores[candidate.point as usize]));
            (f64::from(candidate.upper) * queries.shrink).max(own)
        };
        let most = self.list.iter().map(reach).fold(f64::INFINITY, f64::min).max(core);
        let far = (most / queries.shrink).max(core);
        self.limit = self.limit.min((far as f32).next_up());
        self.list.retain(|c| f64::from(c.lower) <= core || reach_below(queries, packed, c) <= most);
    }

    /// Of exact candidates keeps those within the core distance, and those that no other one is better than whatever the
    /// row's own density will be.
    fn drop_worse(&mut self, queries: &Queries<'_>, query: u32) {
        let mut exact: Vec<(Exact, Candidate)> =
            self.list.iter().map(|candidate| (queries.exact(query, candidate.point), *candidate)).collect();
        exact.sort_unstable_by(|(a, _), (b, _)| a.squared.total_cmp(&b.squared).then(a.point.cmp(&b.point)));
        let mut least = f64::INFINITY;
        self.list.clear();
        for (at, (exact, candidate)) in exact.into_iter().enumerate() {
            if at < queries.others || exact.reach < least {
                self.list.push(candidate);
            }
            least = least.min(exact.reach);
        }
    }
}

/// The least that the scaled reachability of a candidate can be, the row's own density aside.
fn reach_below(queries: &Queries<'_>, packed: &Packed<'_>, candidate: &Candidate) -> f64 {
    let own = f64::from(packed.scaled_below(queries.fitted.cores[candidate.point as usize]));
    (f64::from(candidate.lower) * queries.shrink).max(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{HdbscanOptions, Metric, Rows};

    /// What the definition says of each row.
    fn assert_joined(rows: &[f64], queries: &[f64], dimensions: usize, options: &HdbscanOptions, what: &str) {
        let points = Points::new(Rows::Doubles(rows), dimensions, options.metric).unwrap();
        let fitted = Fitted::new(&points, options, &mut |_| ControlFlow::Continue(())).unwrap();
        let others = points.others(Rows::Doubles(queries)).unwrap();
        let all = Queries::new(&points, &others, &fitted);
        assert!(others.count() >= MANY);
        let found = all.join(&mut |_| ControlFlow::Continue(())).unwrap();
        for (query, found) in found.into_iter().enumerate() {
            assert_eq!(found, all.choose(&all.all(query as u32)), "{what}, {options:?}, row {query}");
        }
    }

    #[test]
    fn each_row_joins_where_the_definition_says() {
        let mut state = 3u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let dimensions = 3;
        let rows: Vec<f64> = (0..400 * dimensions).map(|i| next() + (i / dimensions % 4) as f64).collect();
        let queries: Vec<f64> = (0..200 * dimensions).map(|i| next() + (i / dimensions % 5) as f64).collect();
        let grid = |numbers: &[f64]| numbers.iter().map(|x| (x * 4.0).round()).collect::<Vec<_>>();
        let mut far = rows.clone();
        far[..6].copy_from_slice(&[1e9, 0.0, 0.0, -1e30, 1e9, 3.0]);
        let groups = |numbers: &[f64]| {
            let group = |i: usize| [0.0, 1e6, 1e9][i / dimensions % 3];
            numbers.iter().enumerate().map(|(i, x)| x + group(i)).collect::<Vec<_>>()
        };
        for (metric, min_samples, alpha) in [
            (Metric::Euclidean, 5, 1.0),
            (Metric::Euclidean, 1, 0.5),
            (Metric::Euclidean, 40, 3.0),
            (Metric::Euclidean, 1_000, 1.0),
            (Metric::Cosine, 4, 1.0),
        ] {
            let options =
                HdbscanOptions { metric, min_samples: Some(min_samples), alpha, ..Default::default() };
            for (rows, queries, what) in [
                (&rows, &queries, "groups"),
                (&rows, &rows, "the same"),
                (&grid(&rows), &grid(&queries), "a grid"),
                (&far, &far, "rows far away"),
                (&rows, &far, "questions far away"),
                (&groups(&rows), &groups(&queries), "groups of groups"),
                (&vec![0.5; 300], &vec![0.5; 300], "one place"),
            ] {
                assert_joined(rows, queries, dimensions, &options, what);
            }
        }
    }
}
