// Shows the reader's progress on the pages, while the workbook serves them.
// Opened as plain files, or served by something else, the book stays as it is.
(() => {
    'use strict';

    if (!location.protocol.startsWith('http') || typeof EventSource === 'undefined') {
        return;
    }

    const root = new URL(path_to_root || './', location.href);
    const here = location.href.slice(root.href.length).replace(/[?#].*$/, '') || 'index.html';

    const STATES = {
        'unknown': ['·', 'Not judged yet'],
        'not-started': ['·', 'Not started'],
        'waiting': ['…', 'Waiting'],
        'compile-error': ['✗', 'Does not compile'],
        'failing': ['✗', 'Failing'],
        'hung': ['✗', 'Never ends'],
        'aborted': ['✗', 'Aborted'],
        'solved': ['✓', 'Solved'],
    };

    const element = (name, className, ...children) => {
        const made = document.createElement(name);
        if (className) {
            made.className = className;
        }
        made.append(...children);
        return made;
    };

    // Text in which `backticks` mean code.
    const prose = text => text.split('`').map((part, i) => i % 2 ? element('code', '', part) : part);

    // The box on an exercise's page.

    const boxes = [...document.querySelectorAll('.exercise[data-exercise]')];

    const fill = (box, exercise, judging) => {
        const shown = JSON.stringify([exercise, judging]);
        if (box.dataset.shown === shown) {
            return;
        }
        const wasOpen = box.querySelector('details')?.open;
        box.dataset.shown = shown;
        box.dataset.state = exercise.state;
        const [sign] = STATES[exercise.state] ?? STATES.unknown;
        const mark = element('span', 'exercise-mark', sign);
        mark.setAttribute('aria-hidden', 'true');
        const line = element('p', '', mark, ...prose(exercise.sentence));
        if (judging) {
            line.prepend(element('span', 'exercise-busy', 'judging…'));
        }
        const parts = [line];
        const compiler = exercise.state === 'compile-error';
        if (exercise.message) {
            parts.push(element('pre', '', exercise.message));
        }
        if (exercise.place && (exercise.message || compiler)) {
            const { file, line, column, yours } = exercise.place;
            const whose = yours ? 'Your code: ' : compiler ? 'Where: ' : 'The test: ';
            parts.push(element('p', 'exercise-place', whose, element('code', '', `${file}:${line}:${column}`)));
        }
        if (exercise.output) {
            const summary = element('summary', '', compiler ? 'What the compiler says' : 'Everything the test wrote');
            const details = element('details', '', summary, element('pre', '', exercise.output));
            details.open = wasOpen ?? false;
            parts.push(details);
        }
        box.replaceChildren(...parts);
    };

    // The marks in the table of contents.

    const pages = new Map();
    for (const link of document.querySelectorAll('#mdbook-sidebar a[href]')) {
        pages.set(link.href.replace(/#.*$/, ''), link);
    }

    const markLink = (exercise, troubled, isNext) => {
        const link = exercise.page && pages.get(new URL(exercise.page, root).href);
        if (!link) {
            return;
        }
        // What does not compile just now takes nothing back.
        const meanwhile = exercise.was_solved ? 'solved' : isNext ? exercise.state : 'unknown';
        const state = troubled ? meanwhile : exercise.state;
        let mark = link.querySelector('.strata-mark');
        if (!mark) {
            mark = element('span', 'strata-mark');
            mark.setAttribute('role', 'img');
            link.append(mark);
        }
        const [sign, words] = STATES[state] ?? STATES.unknown;
        mark.dataset.state = state;
        mark.textContent = sign;
        mark.title = words;
        mark.setAttribute('aria-label', words);
    };

    // The dot in the menu bar; it appears with the first connection.

    const live = element('span', 'strata-live', element('span'));
    live.setAttribute('role', 'status');

    const showLive = (state, words, title) => {
        live.dataset.live = state;
        live.firstChild.textContent = words;
        live.title = title;
        if (!live.isConnected) {
            document.querySelector('.right-buttons')?.prepend(live);
        }
    };

    const show = progress => {
        for (const chapter of progress.chapters) {
            for (const exercise of chapter.exercises) {
                markLink(exercise, chapter.trouble !== null, exercise.id === progress.next);
                for (const box of boxes) {
                    if (box.dataset.exercise === exercise.id) {
                        fill(box, exercise, chapter.judging);
                    }
                }
            }
        }
        if (progress.book_trouble) {
            showLive('fault', 'book fault', `The book could not be rendered:\n${progress.book_trouble}`);
        } else if (progress.chapters.some(chapter => chapter.judging)) {
            showLive('judging', 'judging…', 'The workbook is running your tests');
        } else {
            showLive('on', 'live', 'Connected: each save is judged and shown here');
        }
    };

    // A page is loaded again if it changed itself, or what all pages share.

    const concerns = file => file === '*' || file === here
        || /\.(css|js)$/.test(file) && !file.startsWith('searchindex');

    let wasConnected = false;

    const connect = () => {
        const events = new EventSource(new URL('events', root));
        events.addEventListener('progress', event => {
            wasConnected = true;
            show(JSON.parse(event.data));
        });
        events.addEventListener('book', event => {
            if (JSON.parse(event.data).some(concerns)) {
                location.reload();
            }
        });
        events.addEventListener('error', () => {
            if (!wasConnected) {
                // Somebody else serves the book: leave it alone.
                events.close();
                return;
            }
            showLive('off', 'not connected', 'The workbook has ended; `cargo run` starts it again');
            if (events.readyState === EventSource.CLOSED) {
                setTimeout(connect, 2000);
            }
        });
        addEventListener('pagehide', () => events.close(), { once: true });
        addEventListener('pageshow', event => {
            if (event.persisted) {
                connect();
            }
        }, { once: true });
    };

    for (const box of boxes) {
        box.setAttribute('aria-live', 'polite');
    }
    connect();
})();
