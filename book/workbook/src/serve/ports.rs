//! The port of the book, on every name that this machine has for itself.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, Result};
use tokio::net::TcpListener;

/// How many ports behind the one that was asked for are tried, in order,
/// before any that is free: an address that is the same as the last time is
/// worth more than a new one.
const TRIED: u16 = 9;

/// Listens on `port`, or else on one of the next, or else on any.
///
/// Answers the listeners, and the address to print.
///
/// # Errors
///
/// Fails if no port is free, or if this one may not be used.
pub(super) async fn listen(port: u16) -> Result<(Vec<TcpListener>, SocketAddr)> {
    let last = if port == 0 {
        0
    } else {
        port.saturating_add(TRIED)
    };
    for port in (port..=last).chain([0]) {
        match both(port).await {
            Ok(found) => return Ok(found),
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => {}
            Err(e) => {
                return Err(e).with_context(|| format!("cannot listen on 127.0.0.1:{port}"));
            }
        }
    }
    anyhow::bail!("no port is free on 127.0.0.1")
}

/// Listens on 127.0.0.1 and, where there is such an address, on `[::1]`:
/// `localhost` may mean either.
async fn both(port: u16) -> io::Result<(Vec<TcpListener>, SocketAddr)> {
    let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = four.local_addr()?;
    match TcpListener::bind((Ipv6Addr::LOCALHOST, address.port())).await {
        Ok(six) => Ok((vec![four, six], address)),
        // Whoever has it would answer to `localhost` in our place.
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => Err(e),
        Err(_) => Ok((vec![four], address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_leads_to_the_next_free_one() {
        let (_taken, first) = listen(0).await.expect("a port is free");
        let (_found, second) = listen(first.port()).await.expect("a port is free");
        // Somebody else may have taken some of those in between.
        let behind = second.port().checked_sub(first.port());
        assert!(behind.is_some_and(|n| (1..=TRIED).contains(&n)), "{second}");
    }

    #[tokio::test]
    async fn localhost_is_never_somebody_else() {
        let Ok(six) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
            // This machine has no such address.
            return;
        };
        let taken = six.local_addr().expect("bound").port();
        let (_found, address) = listen(taken).await.expect("a port is free");
        assert_ne!(address.port(), taken);
    }
}
