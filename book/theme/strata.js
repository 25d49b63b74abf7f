// Shows the reader's progress on the pages, while the workbook serves them and
// tells of it: with each page that it sends, and at each change (`stream.js`).
// Opened as plain files, or served by something else, the book stays as it is.
(() => {
    'use strict';

    const root = new URL(path_to_root || './', document.baseURI);
    const here = location.href.slice(root.href.length).replace(/[?#].*$/, '') || 'index.html';

    const STATES = {
        'unknown': ['?', 'Not judged yet'],
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

    // A place in a source file, and what stands there.
    const placed = ({ file, line, column }, name) => {
        const code = element('code', '', `${file}:${line}${column ? `:${column}` : ''}`);
        return name ? [code, ' ', element('code', '', name)] : [code];
    };

    // The place that the test or its backtrace names, and the functions of the
    // exercise where that place is in none of them: as in the terminal.
    const places = ({ place, place_is_in_them, functions, cause }) => {
        const parts = [];
        if (place) {
            const words = !place.yours ? 'The test: '
                : cause === 'panic' ? 'Your code panicked at: ' : 'Your code: ';
            parts.push(element('p', 'exercise-place', words, ...placed(place)));
        }
        if (!place_is_in_them && functions?.length) {
            const words = place?.yours ? 'This exercise:' : 'Your code:';
            const items = functions.map(({ name, place: { file, line } }) =>
                element('li', '', ...placed({ file, line }, name)));
            parts.push(element('div', 'exercise-place', words, element('ul', '', ...items)));
        }
        return parts;
    };

    // What a test says. Its prose is wrapped; what it quotes, which is indented,
    // stays in its lines: as in the terminal.
    const said = message => element('pre', '', ...message.split('\n').map(line =>
        element('span', /^\s/.test(line) ? '' : 'exercise-prose', `${line}\n`)));

    // Pages, one behind the other.
    const links = pages => pages.flatMap(({ title, url }, i) => {
        const link = element('a', '', title);
        link.href = new URL(url, root).href;
        return i ? [', ', link] : [link];
    });

    // What to read again; not the page that the box is on.
    const readings = ({ reread }) => {
        const others = (reread ?? []).filter(({ url }) => url !== here);
        return others.length ? [element('p', 'exercise-reread', 'Read again: ', ...links(others))] : [];
    };

    const isSolved = exercise => exercise.state === 'solved' || exercise.was_solved;

    // The pages that close a chapter, once all of it is solved.
    const pagesBehind = ({ exercises, closing }) => exercises.every(isSolved) ? closing : [];

    const fill = (box, exercise, chapter, next) => {
        const { judging } = chapter;
        const closing = exercise.state === 'solved' ? pagesBehind(chapter) : [];
        const shown = JSON.stringify([exercise, judging, next?.id, closing]);
        if (box.dataset.shown === shown) {
            return;
        }
        const hadFocus = box.contains(document.activeElement);
        const wasOpen = box.querySelector('details')?.open;
        const was = box.dataset.state;
        box.dataset.shown = shown;
        box.dataset.state = exercise.state;
        box.classList.toggle('is-stale', judging);
        const [sign] = STATES[exercise.state] ?? STATES.unknown;
        const mark = element('span', 'exercise-mark', sign);
        mark.setAttribute('aria-hidden', 'true');
        const line = element('p', '', mark, ...prose(exercise.sentence));
        if (judging) {
            line.prepend(element('span', 'exercise-busy', 'judging…'));
        }
        const parts = [line];
        const compiler = exercise.state === 'compile-error';
        if (exercise.message && !(compiler && exercise.output)) {
            parts.push(said(exercise.message));
        }
        if (STATES[exercise.state]?.[0] === '✗' && !compiler) {
            parts.push(...places(exercise));
        }
        parts.push(...readings(exercise));
        if (exercise.output) {
            const summary = element('summary', '', compiler ? 'What the compiler says' : 'Everything the test wrote');
            const details = element('details', '', summary, element('pre', '', exercise.output));
            // What the compiler says is the first thing to mend.
            details.open = was === exercise.state && wasOpen !== undefined ? wasOpen : compiler;
            parts.push(details);
        }
        if (closing.length) {
            parts.push(element('p', 'exercise-next', 'Read on: ', ...links(closing)));
        }
        if (exercise.state === 'solved' && next?.page && next.id !== exercise.id) {
            const link = element('a', '', `Go on with ${next.id} ${next.title}`);
            link.href = new URL(next.page, root).href;
            parts.push(element('p', 'exercise-next', link));
        }
        box.replaceChildren(...parts);
        for (const pre of box.querySelectorAll('pre')) {
            // What is wide is scrolled, by keyboard, too.
            pre.tabIndex = 0;
        }
        if (hadFocus) {
            box.querySelector('summary, a')?.focus();
        }
    };

    // The marks in the table of contents.

    const pages = new Map();
    // Not the page's own headings, which stand there as well.
    for (const link of document.querySelectorAll('#mdbook-sidebar a[href]:not([href^="#"])')) {
        pages.set(link.href.replace(/#.*$/, ''), link);
    }

    // Of a chapter that does not compile just now nothing can be judged, and
    // nothing is taken back: as in the terminal.
    const stateOf = (exercise, trouble) => {
        const meanwhile = isSolved(exercise) ? 'solved' : 'unknown';
        return trouble ? meanwhile : exercise.state;
    };

    const mark = (place, state) => {
        let made = place.querySelector('.strata-mark');
        if (!made) {
            made = element('span', 'strata-mark');
            made.setAttribute('role', 'img');
            place.append(made);
        }
        const [sign, words] = STATES[state] ?? STATES.unknown;
        made.dataset.state = state;
        made.textContent = sign;
        made.title = words;
        made.setAttribute('aria-label', words);
    };

    // Why nothing of a chapter can be judged, behind a link to it.
    const blame = (place, trouble) => {
        const shown = place.querySelector('.strata-trouble');
        if (!trouble) {
            shown?.remove();
            return;
        }
        const [sign] = STATES[trouble.state] ?? STATES.unknown;
        const words = trouble.state === 'compile-error' ? 'does not compile' : 'cannot be judged';
        const made = shown ?? element('span', 'strata-mark strata-trouble');
        made.dataset.state = trouble.state;
        made.textContent = `${sign} ${words}`;
        place.append(made);
    };

    // How much of a chapter is solved, behind a link to it.

    const count = (place, exercises, short) => {
        const solved = exercises.filter(isSolved).length;
        const words = `${solved} of ${exercises.length} solved`;
        let made = place.querySelector('.strata-count');
        if (!made) {
            made = element('span', 'strata-count');
            place.append(made);
        }
        made.textContent = short ? `${solved}/${exercises.length}` : words;
        if (short) {
            made.title = words;
            made.setAttribute('role', 'img');
            made.setAttribute('aria-label', words);
        }
    };

    const linkTo = page => page && pages.get(new URL(page, root).href);

    // The map on the first page, and the way on.

    const map = new Map();
    for (const item of document.querySelectorAll('.book-map li[data-exercise]')) {
        map.set(item.dataset.exercise, item);
    }
    const mapChapters = new Map();
    for (const item of document.querySelectorAll('.book-map li[data-chapter]')) {
        mapChapters.set(item.dataset.chapter, item.querySelector('.book-map-chapter'));
    }

    // What is planned and not written yet.
    const stillToCome = ({ to_come }) => {
        const numbers = (to_come ?? []).map(({ number }) => number);
        return numbers.length > 1 ? [` Chapters ${numbers[0]} to ${numbers.at(-1)} are still to come.`]
            : numbers.map(number => ` Chapter ${number} is still to come.`);
    };

    // Links to the chapter that comes before all exercises.
    const before = new Map();
    for (const link of document.querySelectorAll('.go-on > .go-on-before')) {
        before.set(link.parentElement, link);
    }

    const goOn = (place, progress, all) => {
        const solved = all.filter(isSolved).length;
        const next = all.find(exercise => exercise.id === progress.next);
        const hasBegun = solved > 0 || STATES[next?.state]?.[0] === '✗';
        const shown = `${solved}/${all.length} ${progress.next} ${hasBegun}`;
        if (place.dataset.shown === shown || !all.length) {
            return;
        }
        place.dataset.shown = shown;
        if (!next?.page) {
            const closing = pagesBehind(progress.chapters.at(-1));
            place.replaceChildren(`All ${all.length} exercises are solved.`, ...stillToCome(progress));
            if (closing.length) {
                place.append(' Read on: ', ...links(closing));
            }
            return;
        }
        const first = hasBegun ? undefined : before.get(place);
        const words = hasBegun ? 'Go on with ' : first ? '' : 'Begin with ';
        const link = element('a', '', `${words}${next.id} ${next.title}`);
        link.href = new URL(next.page, root).href;
        const way = first ? [first, ', or go straight to ', link] : [link];
        const so = element('span', 'strata-count', `${solved} of ${all.length} exercises solved`);
        const hadFocus = place.contains(document.activeElement);
        place.replaceChildren(...way, ' ', so);
        if (hadFocus) {
            way[0].focus();
        }
    };

    // What to do when the workbook has ended; until then the marks are old.

    const away = element('p', 'strata-away',
        'The workbook has ended, and the marks are as it left them. ',
        element('code', '', 'cargo run'), ' starts it again.');
    away.setAttribute('role', 'status');

    const showAway = isAway => {
        document.documentElement.classList.toggle('is-away', isAway);
        if (isAway) {
            document.body.append(away);
        } else {
            away.remove();
        }
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
        const all = progress.chapters.flatMap(chapter => chapter.exercises);
        const next = all.find(exercise => exercise.id === progress.next);
        for (const chapter of progress.chapters) {
            const link = linkTo(chapter.page);
            if (link) {
                count(link, chapter.exercises, true);
                blame(link, chapter.trouble);
            }
            const item = mapChapters.get(String(chapter.number));
            if (item) {
                count(item, chapter.exercises, false);
                blame(item, chapter.trouble);
            }
            for (const exercise of chapter.exercises) {
                const state = stateOf(exercise, chapter.trouble);
                const inSidebar = linkTo(exercise.page);
                if (inSidebar) {
                    mark(inSidebar, state);
                }
                const inMap = map.get(exercise.id);
                if (inMap) {
                    mark(inMap, state);
                    inMap.classList.toggle('is-next', exercise.id === progress.next);
                }
                for (const box of boxes) {
                    if (box.dataset.exercise === exercise.id) {
                        fill(box, exercise, chapter, next);
                    }
                }
            }
        }
        for (const place of document.querySelectorAll('.go-on')) {
            goOn(place, progress, all);
        }
    };

    const showState = progress => {
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

    document.addEventListener('strata-progress', ({ detail }) => {
        showAway(false);
        show(detail);
        showState(detail);
    });
    document.addEventListener('strata-book', ({ detail }) => {
        if (detail.some(concerns)) {
            location.reload();
        }
    });
    document.addEventListener('strata-away', () => {
        showLive('off', 'not connected', 'The workbook has ended; `cargo run` starts it again');
        showAway(true);
    });

    // The workbook sends the marks with the page: nothing jumps once they come.
    const sent = document.getElementById('strata-progress');
    if (sent) {
        show(JSON.parse(sent.textContent));
    }

    for (const box of boxes) {
        box.setAttribute('aria-live', 'polite');
    }
})();
