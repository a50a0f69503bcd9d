//! The threads that score, and the queue before them.
//!
//! Threads of our own, which take the next job themselves. Handing workers over between asynchronous tasks costs a turn of
//! the scheduler for each; under thousands of refusals a second those turns took a fifth of a second, and next to
//! nothing was scored.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What a worker does once.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// Workers that take jobs in the order of their arrival, until this is dropped; what is begun is then ended, what still
/// waits is dropped.
pub(super) struct Workers {
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// By number, so that the first is the oldest and any can leave.
    jobs: BTreeMap<u64, Job>,
    next: u64,
    closed: bool,
}

impl Workers {
    /// Starts so many threads.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub(super) fn start(count: NonZeroUsize) -> Self {
        let queue = Arc::new(Queue::default());
        for number in 0..count.get() {
            let queue = Arc::clone(&queue);
            let work = move || {
                while let Some(job) = queue.next() {
                    // Whoever waits for it learns by its dropped answer; the thread goes on.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            };
            let thread = thread::Builder::new().name(format!("scorer-{number}"));
            thread.spawn(work).expect("the system gives a thread");
        }
        Self { queue }
    }

    /// Takes in a job; its number, by which it may leave again.
    pub(super) fn push(&self, job: Job) -> u64 {
        let mut waiting = self.queue.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.jobs.insert(number, job);
        drop(waiting);
        self.queue.changed.notify_one();
        number
    }

    /// Takes out a job that has not begun; whether there was one.
    pub(super) fn leave(&self, number: u64) -> bool {
        let left = self.queue.lock().jobs.remove(&number);
        // What the job holds is given back outside the lock.
        left.is_some()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut waiting = self.queue.lock();
        waiting.closed = true;
        let left = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        drop(left);
        self.queue.changed.notify_all();
    }
}

impl Queue {
    /// The oldest job, once there is one; `None` at the end.
    fn next(&self) -> Option<Job> {
        let waiting = self.lock();
        let idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let waiting = self.changed.wait_while(waiting, idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        waiting.jobs.pop_first().map(|(_, job)| job)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that could panic runs under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn jobs_are_done_in_their_order_and_a_panic_costs_one() {
        let workers = Workers::start(NonZeroUsize::MIN);
        let (sender, done) = channel();
        for number in 0..5 {
            let sender = sender.clone();
            workers.push(Box::new(move || {
                assert_ne!(number, 2, "the test wants it");
                sender.send(number).expect("the test waits");
            }));
        }
        drop(sender);
        assert_eq!(done.iter().collect::<Vec<_>>(), [0, 1, 3, 4]);
    }

    #[test]
    fn who_leaves_is_not_served_and_who_has_begun_cannot_leave() {
        let workers = Workers::start(NonZeroUsize::MIN);
        let (begun, has_begun) = channel();
        let (release, released) = channel::<()>();
        let first = workers.push(Box::new(move || {
            begun.send(()).expect("the test waits");
            released.recv().expect("the test releases");
        }));
        has_begun.recv().expect("the job begins");
        let (sender, done) = channel();
        let other = sender.clone();
        let second = workers.push(Box::new(move || sender.send(2).expect("the test waits")));
        workers.push(Box::new(move || other.send(3).expect("the test waits")));
        assert!(workers.leave(second));
        assert!(!workers.leave(second));
        assert!(!workers.leave(first));
        release.send(()).expect("the job waits");
        assert_eq!(done.iter().collect::<Vec<_>>(), [3]);
    }
}
