// Reading: a link past the table of contents, commands copied without what
// they print, tables that can be scrolled by keyboard, and everything unfolded
// on paper. The pages are whole without any of it.
(() => {
    'use strict';

    // Past the menus, as the first thing that Tab reaches.

    const main = document.querySelector('#mdbook-content main');
    if (main) {
        main.id ||= 'text';
        main.tabIndex = -1;
        const skip = document.createElement('a');
        skip.className = 'skip-link';
        skip.href = `#${main.id}`;
        skip.textContent = 'Skip to the text';
        document.body.prepend(skip);
    }

    // A block of commands and what they print: lines that begin with `$ ` are
    // commands, and go on behind a backslash. Copied are the commands alone.

    const commands = pre => {
        const code = pre.querySelector('code.language-console');
        if (!code) {
            return null;
        }
        const copied = [];
        let goesOn = false;
        for (const line of code.textContent.split('\n')) {
            if (goesOn || line.startsWith('$ ')) {
                copied.push(goesOn ? line : line.slice(2));
                goesOn = line.endsWith('\\');
            }
        }
        return copied.length ? copied.join('\n') : null;
    };

    // mdBook's copy buttons ask this function for the text of their block.
    if (typeof window.playground_text === 'function') {
        const whole = window.playground_text;
        window.playground_text = (pre, hidden) => commands(pre) ?? whole(pre, hidden);
    }

    for (const pre of document.querySelectorAll('pre')) {
        const button = pre.querySelector('.clip-button');
        const copied = button && commands(pre);
        if (copied) {
            const several = copied.includes('\n') && !copied.includes('\\\n');
            button.title = several ? 'Copy the commands' : 'Copy the command';
            button.setAttribute('aria-label', button.title);
        }
        // What a mouse selects leaves the prompts out, too.
        const code = copied && pre.querySelector('code');
        if (code) {
            const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
            const prompts = [];
            let atStart = true;
            for (let node; (node = walker.nextNode());) {
                for (const found of node.data.matchAll(/(^|\n)\$ /g)) {
                    if (found[1] || atStart) {
                        prompts.push([node, found.index + found[1].length]);
                    }
                }
                atStart = node.data.endsWith('\n');
            }
            for (const [node, at] of prompts.reverse()) {
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + 2);
                const prompt = document.createElement('span');
                prompt.className = 'prompt';
                range.surroundContents(prompt);
            }
        }
    }

    // Tables wider than the screen scroll inside themselves.

    const reachable = () => {
        for (const wrapper of document.querySelectorAll('.table-wrapper')) {
            if (wrapper.scrollWidth > wrapper.clientWidth) {
                wrapper.tabIndex = 0;
                wrapper.setAttribute('role', 'region');
                wrapper.setAttribute('aria-label', 'A wide table');
            } else {
                wrapper.removeAttribute('tabindex');
                wrapper.removeAttribute('role');
                wrapper.removeAttribute('aria-label');
            }
        }
    };
    reachable();
    addEventListener('resize', reachable);

    // On paper nothing can be unfolded.

    let unfolded = [];
    addEventListener('beforeprint', () => {
        unfolded = [...document.querySelectorAll('main details:not([open])')];
        for (const details of unfolded) {
            details.open = true;
        }
    });
    addEventListener('afterprint', () => {
        for (const details of unfolded) {
            details.open = false;
        }
        unfolded = [];
    });
})();
