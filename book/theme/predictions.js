// Predictions: written on a page, kept, shown again beside the outcome.
//
// A workbook that serves the book keeps them in a file. What is written goes
// into this browser first and stays there until the workbook has it; without a
// workbook it stays. Of two versions the newer one counts, wherever it is, and
// one that is cleared is a version without text.
//
// - A `<details class="answer">` beneath a heading that begins with "Predict"
//   gets a field, and shows what was written in it when it is unfolded.
// - `<div class="prediction" data-name="NAME">question</div>` is a field for a
//   question without an answer on the page.
// - `<div class="prediction" data-of="NAME"></div>` shows that prediction again,
//   on any page.
//
// A prediction is kept under its name: `data-name`, or else the page's folder
// and the question. Without this script the questions are there as they were.
(() => {
    'use strict';

    const root = new URL(path_to_root || './', document.baseURI);
    const here = location.href.slice(root.href.length).replace(/[?#].*$/, '') || 'index.html';
    if (here === 'print.html') {
        return;
    }

    const PREFIX = 'strata-prediction:';

    const element = (name, className, ...children) => {
        const made = document.createElement(name);
        if (className) {
            made.className = className;
        }
        made.append(...children);
        return made;
    };

    const newer = (one, other) => !one || other && other.when > one.when ? other : one;

    // What this browser holds. It may refuse; then it is there until the page
    // is left.

    const inMemory = new Map();

    const held = name => {
        try {
            const found = JSON.parse(localStorage.getItem(PREFIX + name));
            if (found) {
                const { text = '', question = '', page = '', when = '' } = found;
                return { text, question, page, when };
            }
        } catch {
            // What is in memory is all there is.
        }
        return inMemory.get(name) ?? null;
    };

    const hold = (name, version) => {
        try {
            localStorage.setItem(PREFIX + name, JSON.stringify(version));
        } catch {
            inMemory.set(name, version);
        }
    };

    const letGo = name => {
        inMemory.delete(name);
        try {
            localStorage.removeItem(PREFIX + name);
        } catch {
            // It never held any.
        }
    };

    const heldNames = () => {
        const found = new Set(inMemory.keys());
        try {
            for (let i = 0; i < localStorage.length; i++) {
                const key = localStorage.key(i);
                if (key.startsWith(PREFIX)) {
                    found.add(key.slice(PREFIX.length));
                }
            }
        } catch {
            // What is in memory is all there is.
        }
        return [...found].filter(held);
    };

    // What the workbook has, and the file that it says it is in.

    const filed = new Map();
    let place = null;
    let hadPlace = false;

    const read = name => {
        const version = newer(filed.get(name), held(name));
        return version?.text ? version : null;
    };

    const names = () => [...new Set([...filed.keys(), ...heldNames()])].filter(read).sort();

    const write = (name, text, question) => {
        const before = newer(filed.get(name), held(name));
        const when = Math.max(Date.now(), (Date.parse(before?.when) || 0) + 1);
        hold(name, { text, question, page: here, when: new Date(when).toISOString() });
        handOver();
    };

    // Asks the workbook; hands over, if there is anything.
    const ask = async given => {
        const post = {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(given),
        };
        const response = await fetch(new URL('predictions', root), given ? post : {});
        if (!response.ok) {
            throw new Error(response.statusText);
        }
        const answer = await response.json();
        for (const [name, version] of Object.entries(answer.predictions)) {
            filed.set(name, newer(filed.get(name), version));
        }
        place = answer.place;
        hadPlace = true;
    };

    let isAsking = false;

    const handOver = async () => {
        if (place === null || isAsking) {
            return;
        }
        isAsking = true;
        try {
            for (let open = heldNames(); open.length; open = heldNames()) {
                const given = Object.fromEntries(open.map(name => [name, held(name)]));
                await ask(given);
                for (const name of open) {
                    if (held(name)?.when === given[name].when) {
                        letGo(name);
                    }
                }
            }
        } catch {
            place = null;
        }
        isAsking = false;
        tell();
    };

    // The workbook is there, or somebody wrote elsewhere.
    document.addEventListener('strata-predictions', async () => {
        try {
            await ask();
        } catch {
            place = null;
        }
        // In this order: what is being handed over is not called kept yet.
        handOver();
        tell();
    });

    const whereKept = name => {
        if (!newer(filed.get(name), held(name))) {
            return '';
        }
        if (!read(name)) {
            return 'Cleared.';
        }
        if (place !== null) {
            return `Kept in ${place}.`;
        }
        if (inMemory.has(name)) {
            return 'This browser keeps nothing: copy it before you leave the page.';
        }
        return hadPlace && held(name) ? 'Kept in this browser until the workbook is back.'
            : hadPlace ? '' : 'Kept in this browser.';
    };

    // Everything on this page that shows a prediction, told of each change.

    const shown = [];
    const tell = changed => {
        for (const show of shown) {
            show(changed);
        }
    };

    let fields = 0;

    const field = (name, question, describedBy) => {
        const id = `prediction-${fields += 1}`;
        const area = element('textarea');
        area.id = id;
        area.rows = 2;
        if (describedBy) {
            area.setAttribute('aria-describedby', describedBy);
        }
        const label = element('label', '', 'Your prediction');
        label.htmlFor = id;
        const note = element('span', 'prediction-note');
        note.setAttribute('role', 'status');
        let hasWritten = false;
        const show = changed => {
            if (changed !== undefined && changed !== name) {
                return;
            }
            const text = read(name)?.text ?? '';
            // A field of blanks is being written in.
            if (area.value.trim() !== text.trim()) {
                area.value = text;
            }
            const words = text || hasWritten ? whereKept(name) : '';
            if (note.textContent !== words && !isAsking) {
                note.textContent = words;
            }
        };
        shown.push(show);
        show();
        const keep = () => {
            hasWritten = true;
            const text = area.value.trim() && area.value;
            if (text !== (read(name)?.text ?? '')) {
                write(name, text, question);
            }
            tell(name);
        };
        area.addEventListener('input', keep);
        area.addEventListener('change', keep);
        return [element('div', 'prediction-head', label, note), area];
    };

    // What was predicted, as it was written.

    const again = (box, name, otherwise) => {
        const show = changed => {
            if (changed !== undefined && changed !== name) {
                return;
            }
            const kept = read(name);
            if (kept) {
                const text = element('p', 'prediction-text', kept.text.trim());
                box.replaceChildren(element('p', 'prediction-label', 'You predicted:'), text);
            } else {
                box.replaceChildren(...otherwise());
            }
        };
        shown.push(show);
        show();
    };

    // The questions of this page.

    const headingAbove = node => {
        for (let above = node.previousElementSibling; above; above = above.previousElementSibling) {
            if (/^H[1-6]$/.test(above.tagName)) {
                return above.textContent.trim();
            }
        }
        return '';
    };

    const folder = here.includes('/') ? here.slice(0, here.lastIndexOf('/') + 1) : '';

    for (const details of document.querySelectorAll('main details.answer')) {
        const summary = details.querySelector('summary');
        if (!summary || !headingAbove(details).startsWith('Predict')) {
            continue;
        }
        const question = summary.textContent.trim().replace(/\s+/g, ' ');
        const name = details.dataset.name ?? folder + question;
        // The question and its field stand before the answer: who is to guess
        // must not find that first.
        const asked = element('div', 'prediction-question', ...summary.childNodes);
        asked.id = `question-${fields + 1}`;
        summary.replaceChildren('The answer');
        details.before(element('div', 'prediction bare', asked, ...field(name, question, asked.id)));
        const outcome = element('div', 'prediction predicted');
        summary.after(outcome);
        again(outcome, name, () => []);
    }

    const places = new Map();
    for (const box of document.querySelectorAll('main .prediction[data-name]')) {
        const name = box.dataset.name;
        const question = box.textContent.trim().replace(/\s+/g, ' ');
        const asked = element('div', 'prediction-question', ...box.childNodes);
        asked.id = `question-${fields + 1}`;
        box.replaceChildren(asked, ...field(name, question, asked.id));
        box.id ||= `predict-${name}`;
        places.set(name, box.id);
    }

    for (const box of document.querySelectorAll('main .prediction[data-of]')) {
        box.classList.add('predicted');
        again(box, box.dataset.of, () => {
            const place = places.get(box.dataset.of);
            const link = element('a', '', 'predicted nothing');
            if (place) {
                link.href = `#${place}`;
            }
            return [element('p', 'prediction-label', 'You have ', place ? link : 'predicted nothing', ' here.')];
        });
    }

    // All of them, where a page has room for that.

    const asMarkdown = () => {
        const parts = names().map(name => {
            const { question, text, page, when } = read(name);
            return `## ${question}\n\n${page}, ${when}\n\n${text.trim()}\n`;
        });
        return `# Predictions\n\n${parts.join('\n')}`;
    };

    const button = (words, act) => {
        const made = element('button', '', words);
        made.type = 'button';
        made.addEventListener('click', act);
        return made;
    };

    for (const box of document.querySelectorAll('main .predictions')) {
        const show = () => {
            const all = names().map(name => [name, read(name)]).filter(([, kept]) => kept);
            if (!all.length) {
                box.replaceChildren(element('p', '', 'There are none yet.'));
                return;
            }
            const list = element('dl', '');
            for (const [, { question, text, page }] of all) {
                const link = element('a', '', question);
                link.href = new URL(page, root).href;
                list.append(element('dt', '', link), element('dd', 'prediction-text', text.trim()));
            }
            const save = button('Save them as a file', () => {
                const link = element('a', '');
                link.href = URL.createObjectURL(new Blob([asMarkdown()], { type: 'text/markdown' }));
                link.download = 'predictions.md';
                link.click();
                URL.revokeObjectURL(link.href);
            });
            const clear = button('Clear them all', () => {
                if (confirm(`Clear ${all.length} of your predictions? They are kept nowhere else.`)) {
                    for (const [name, { question }] of all) {
                        write(name, '', question);
                    }
                    tell();
                }
            });
            box.replaceChildren(list, element('p', 'prediction-buttons', save, ' ', clear));
        };
        shown.push(show);
        show();
    }

    // Another tab wrote or cleared.
    addEventListener('storage', event => {
        if (event.key === null || event.key.startsWith(PREFIX)) {
            tell();
        }
    });
})();
