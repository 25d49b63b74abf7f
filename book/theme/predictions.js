// Predictions: written on a page, kept in this browser, shown again beside the
// outcome.
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

    const root = new URL(path_to_root || './', location.href);
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

    // What is kept. A browser may refuse to keep anything; then it is there
    // until the page is left.

    const inMemory = new Map();

    const read = name => {
        try {
            return JSON.parse(localStorage.getItem(PREFIX + name)) ?? inMemory.get(name) ?? null;
        } catch {
            return inMemory.get(name) ?? null;
        }
    };

    // Answers whether it is kept.
    const write = (name, kept) => {
        try {
            inMemory.delete(name);
            if (kept) {
                localStorage.setItem(PREFIX + name, JSON.stringify(kept));
            } else {
                localStorage.removeItem(PREFIX + name);
            }
            return true;
        } catch {
            inMemory.set(name, kept);
            return false;
        }
    };

    const names = () => {
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
        return [...found].sort();
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
        const show = changed => {
            if (changed !== undefined && changed !== name) {
                return;
            }
            const text = read(name)?.text ?? '';
            if (area.value !== text) {
                area.value = text;
            }
            if (changed === undefined) {
                note.textContent = text ? 'Kept in this browser.' : '';
            }
        };
        shown.push(show);
        show();
        const keep = () => {
            const text = area.value;
            const kept = text.trim() && { text, question, page: here, when: new Date().toISOString() };
            const isKept = write(name, kept || null);
            const words = !isKept
                ? 'This browser keeps nothing: copy it before you leave the page.'
                : kept ? 'Kept in this browser.' : 'Cleared.';
            if (note.textContent !== words) {
                note.textContent = words;
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
        summary.id ||= `question-${fields + 1}`;
        const box = element('div', 'prediction bare', ...field(name, question, summary.id));
        details.after(box);
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
                box.replaceChildren(element('p', '', 'There are none in this browser yet.'));
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
                    for (const [name] of all) {
                        write(name, null);
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
