//! Ctrl-C, and the system's polite request to end.

use std::process;
use std::thread;

use crate::runner::Cancel;

/// How a program ends that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;

/// Stops what runs under `cancel` when Ctrl-C is pressed. Whoever presses it
/// again does not want to wait for that.
pub fn stops(cancel: &Cancel) {
    let cancel = cancel.clone();
    aside(async move {
        asked().await;
        cancel.cancel();
        asked().await;
        process::exit(INTERRUPTED.into());
    });
}

/// Calls `then` whenever Ctrl-C is pressed, which ends nothing any more.
pub fn each(mut then: impl FnMut() + Send + 'static) {
    aside(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            then();
        }
    });
}

/// Waits in a thread of its own. Without a runtime for it Ctrl-C does what it
/// always does.
fn aside(waiting: impl Future<Output = ()> + Send + 'static) {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        if let Ok(runtime) = runtime {
            runtime.block_on(waiting);
        }
    });
}

/// Waits until the program is asked to end.
pub async fn asked() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without a handler Ctrl-C ends the program by itself.
    let _ = tokio::signal::ctrl_c().await;
}
