//! The one thread on which all requests are under way: sockets, TLS and timers of thousands of
//! them on one event loop, in a few kilobytes each.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

use super::request::Network;

/// Threads for what would keep the others waiting: templates, and bodies of unusual size.
const PREPARERS: usize = 2;
/// Stack of these threads, in bytes: that of a main thread, so that what was tried when a webhook
/// was saved is no deeper here. It is address space until it is used.
const STACK: usize = 8 << 20;

/// How often kept connections are looked through.
const SWEEP: Duration = Duration::from_secs(10);
/// How often endpoints are looked through once no connection is left.
const SETTLE: Duration = Duration::from_secs(1);

/// See the module. Dropped, it ends the requests that are under way.
#[derive(Debug)]
pub struct IoThread {
    handle: Handle,
    /// Dropped, it ends the thread.
    _running: oneshot::Sender<()>,
}

/// An event loop for the thread that calls it.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(PREPARERS)
        .thread_name("prepare")
        .thread_stack_size(STACK)
        .build()
}

impl IoThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system has no thread or descriptor for it.
    pub fn start() -> io::Result<Self> {
        let runtime = runtime()?;
        let handle = runtime.handle().clone();
        let (running, end) = oneshot::channel();
        std::thread::Builder::new().name("deliver".into()).stack_size(STACK).spawn(move || {
            let _ = runtime.block_on(end);
            // A template that still runs is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _running: running })
    }

    /// What `work` comes to. This thread waits for it, that one does its input and output.
    pub(super) fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.handle.block_on(work)
    }

    /// Gives the thread something to do beside all the rest.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }
}

/// What `future` comes to, or none where it panics: one request's surprise is not that of others.
pub(super) async fn contained<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Looks through kept connections until none is left, then through endpoints, and gives back the
/// memory then: a network that has gone quiet holds no sockets.
///
/// It does not keep them itself: a sender that another config has replaced closes its own at once.
/// Nobody would use them again, and an endpoint that serves one connection after the other would
/// let the new sender wait behind them.
pub(super) fn keep_swept(network: &Network) {
    let kept = Arc::downgrade(&network.kept);
    let (endpoints, tls) = (Arc::downgrade(&network.endpoints), Arc::downgrade(&network.tls));
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP).await;
            if !kept.upgrade().is_some_and(|kept| kept.sweep()) {
                break;
            }
        }
        // Each endpoint and each session lies somewhere in the memory of the burst, and would keep a page
        // of it; they are made again for whoever wants them. That no connection is idle may also mean
        // that all are in use, and then those who use them have to go on with the same settings.
        while let (Some(endpoints), Some(tls)) = (endpoints.upgrade(), tls.upgrade()) {
            if endpoints.drop_unused(Instant::now()) {
                tls.forget();
                break;
            }
            tokio::time::sleep(SETTLE).await;
            // Connections are kept again: another sweep has begun with the first of them.
            if kept.upgrade().is_some_and(|kept| kept.is_swept()) {
                return;
            }
        }
        give_memory_back();
    });
}

/// What a burst has left in the allocator goes back to the system.
pub fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes no pointer and may be called at any time from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}
