// The workbook's news, while it serves the book. Each comes to a page as an
// event on its document:
//
// | event | tells | detail |
// |---|---|---|
// | `strata-progress` | how the exercises stand, first and at each change | the progress |
// | `strata-book` | that pages were rendered again | their paths |
// | `strata-predictions` | that predictions can be had, or that one was written | |
// | `strata-away` | that the workbook has ended | |
//
// A browser opens six connections to a host and no more, so all its tabs share
// one stream. The tab that has the lock holds it and passes on what comes; when
// that tab goes, the lock and with it the stream is the next one's. Each stream
// begins with how things stand, so nobody misses what came in between. A browser
// that cannot share opens a stream for each tab.
(() => {
    'use strict';

    if (!location.protocol.startsWith('http') || typeof EventSource === 'undefined') {
        return;
    }

    const root = new URL(path_to_root || './', document.baseURI);
    const shared = `strata ${root.href}`;
    const canShare = navigator.locks && typeof BroadcastChannel !== 'undefined';

    let wasConnected = false;

    const tell = (news, detail) => {
        wasConnected ||= news === 'progress';
        document.dispatchEvent(new CustomEvent(`strata-${news}`, { detail }));
    };

    // Opens the stream and hands on what comes, until the page is left, or until
    // it turns out that somebody else serves the book.
    const hold = (handOn, left) => new Promise(done => {
        let events;
        let retry;
        const connect = () => {
            events = new EventSource(new URL('events', root));
            for (const news of ['progress', 'book', 'predictions']) {
                events.addEventListener(news, ({ data }) => handOn(news, JSON.parse(data)));
            }
            events.addEventListener('error', () => {
                if (!wasConnected) {
                    end();
                    return;
                }
                handOn('away');
                if (events.readyState === EventSource.CLOSED) {
                    retry = setTimeout(connect, 2000);
                }
            });
        };
        const end = () => {
            clearTimeout(retry);
            events.close();
            done();
        };
        left.addEventListener('abort', end);
        connect();
    });

    // Holds the stream as soon as no other tab does; until then listens to the
    // one that does.
    const share = left => {
        const channel = new BroadcastChannel(shared);
        left.addEventListener('abort', () => channel.close());
        const self = crypto.randomUUID();
        // What a tab has to know that has just come; only the holder knows.
        const now = new Map();
        channel.addEventListener('message', ({ data: { news, detail, from, to } }) => {
            if (news === 'who-holds') {
                now.forEach((detail, news) => channel.postMessage({ news, detail, to: from }));
            } else if (!to || to === self) {
                tell(news, detail);
            }
        });
        channel.postMessage({ news: 'who-holds', from: self });
        const handOn = (news, detail) => {
            if (news === 'away') {
                now.clear();
            } else {
                now.delete('away');
            }
            if (news !== 'book') {
                now.set(news, detail);
            }
            channel.postMessage({ news, detail });
            tell(news, detail);
        };
        navigator.locks.request(shared, { signal: left }, () => hold(handOn, left)).catch(() => {
            // The page was left before it was its turn.
        });
    };

    const begin = () => {
        const page = new AbortController();
        addEventListener('pagehide', () => page.abort(), { once: true });
        if (canShare) {
            share(page.signal);
        } else {
            hold(tell, page.signal);
        }
    };

    addEventListener('pageshow', event => {
        if (event.persisted) {
            begin();
        }
    });
    begin();
})();
