//! The scoring threads and their queue.
//!
//! These are dedicated threads that take the next job themselves. Handing workers over between asynchronous tasks costs
//! one scheduler turn each; under thousands of refusals per second those turns took a fifth of a second, and almost
//! nothing was scored.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// One unit of work, run once by a worker.
pub(super) trait Job: Send {
    /// Returns whether nobody waits for the result any more.
    fn is_abandoned(&self) -> bool;

    /// Does the work and sends its result.
    fn run(self: Box<Self>);
}

/// A fixed number of threads that run jobs in order of arrival. When this is dropped, running jobs are finished and
/// waiting jobs are dropped.
pub(super) struct Workers {
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Oldest first.
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
}

impl Workers {
    /// Starts `count` threads.
    ///
    /// # Panics
    /// If the operating system cannot create a thread.
    pub(super) fn start(count: NonZeroUsize) -> Self {
        let queue = Arc::new(Queue::default());
        for number in 0..count.get() {
            let queue = Arc::clone(&queue);
            let work = move || {
                while let Some(job) = queue.next() {
                    // The caller sees a panic as a dropped answer channel; the thread continues.
                    let _ = catch_unwind(AssertUnwindSafe(|| job.run()));
                }
            };
            let thread = thread::Builder::new().name(format!("scorer-{number}"));
            thread.spawn(work).expect("the system can create a thread");
        }
        Self { queue }
    }

    /// Adds a job at the end of the queue.
    pub(super) fn push(&self, job: Box<dyn Job>) {
        self.queue.lock().jobs.push_back(job);
        self.queue.changed.notify_one();
    }

    /// Drops every abandoned job that is waiting; running jobs continue.
    pub(super) fn remove_abandoned(&self) {
        let mut state = self.queue.lock();
        let (abandoned, waiting) = std::mem::take(&mut state.jobs)
            .into_iter()
            .partition::<VecDeque<_>, _>(|job| job.is_abandoned());
        state.jobs = waiting;
        // The jobs' resources are released outside the lock.
        drop(state);
        drop(abandoned);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.jobs);
        drop(state);
        drop(waiting);
        self.queue.changed.notify_all();
    }
}

impl Queue {
    /// Waits for the oldest job and returns it; `None` once the queue is closed.
    fn next(&self) -> Option<Box<dyn Job>> {
        let state = self.lock();
        let idle = |state: &mut State| state.jobs.is_empty() && !state.closed;
        let state = self.changed.wait_while(state, idle);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.jobs.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    struct Task<F> {
        abandoned: Arc<AtomicBool>,
        work: F,
    }

    impl<F: FnOnce() + Send> Job for Task<F> {
        fn is_abandoned(&self) -> bool {
            self.abandoned.load(Ordering::SeqCst)
        }

        fn run(self: Box<Self>) {
            (self.work)();
        }
    }

    /// Returns a job and the flag that abandons it.
    fn task(work: impl FnOnce() + Send + 'static) -> (Box<dyn Job>, Arc<AtomicBool>) {
        let abandoned = Arc::new(AtomicBool::new(false));
        let switch = Arc::clone(&abandoned);
        (Box::new(Task { abandoned, work }), switch)
    }

    #[test]
    fn jobs_are_done_in_their_order_and_a_panic_costs_one() {
        let workers = Workers::start(NonZeroUsize::MIN);
        let (sender, done) = channel();
        for number in 0..5 {
            let sender = sender.clone();
            let work = move || {
                assert_ne!(number, 2, "the test provokes a panic");
                sender.send(number).expect("the test waits");
            };
            workers.push(task(work).0);
        }
        drop(sender);
        assert_eq!(done.iter().collect::<Vec<_>>(), [0, 1, 3, 4]);
    }

    #[test]
    fn an_abandoned_job_is_not_run_and_one_that_has_begun_ends() {
        let workers = Workers::start(NonZeroUsize::MIN);
        let (begun, has_begun) = channel();
        let (release, released) = channel::<()>();
        let (sender, done) = channel();
        let report = |number: u32| {
            let sender = sender.clone();
            move || sender.send(number).expect("the test waits")
        };
        let first = report(1);
        let (first, leave_first) = task(move || {
            begun.send(()).expect("the test waits");
            released.recv().expect("the test releases");
            first();
        });
        workers.push(first);
        has_begun.recv().expect("the job begins");
        let (second, leave_second) = task(report(2));
        workers.push(second);
        workers.push(task(report(3)).0);
        drop(sender);
        for left in [leave_first, leave_second] {
            left.store(true, Ordering::SeqCst);
        }
        workers.remove_abandoned();
        release.send(()).expect("the job waits");
        assert_eq!(done.iter().collect::<Vec<_>>(), [1, 3]);
    }
}
