// Reading: a link past the table of contents, commands copied without what
// they print, and tables that can be scrolled by keyboard. The pages are whole
// without any of it.
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
    // commands, and go on behind a backslash. Copied are the commands alone, and
    // what a mouse selects leaves the prompts out.

    const commands = new WeakMap();

    for (const code of document.querySelectorAll('pre > code.language-console')) {
        const typed = [];
        const parts = [];
        let goesOn = false;
        for (const line of code.textContent.replace(/\n$/, '').split('\n')) {
            const begins = line.startsWith('$ ');
            if (begins || goesOn) {
                const words = goesOn ? line : line.slice(2);
                const command = document.createElement('span');
                command.className = 'command';
                command.textContent = words;
                if (begins && !goesOn) {
                    const prompt = document.createElement('span');
                    prompt.className = 'prompt';
                    prompt.textContent = '$ ';
                    parts.push(prompt);
                }
                parts.push(command, '\n');
                typed.push(words);
                goesOn = line.endsWith('\\');
            } else {
                parts.push(`${line}\n`);
            }
        }
        if (!typed.length) {
            continue;
        }
        code.replaceChildren(...parts);
        const pre = code.parentElement;
        commands.set(pre, typed.join('\n'));
        const button = pre.querySelector('.clip-button');
        if (button) {
            button.title = parts.filter(part => part.className === 'prompt').length > 1
                ? 'Copy the commands' : 'Copy the command';
            button.setAttribute('aria-label', button.title);
        }
    }

    // mdBook's copy buttons ask this function for the text of their block.
    if (typeof window.playground_text === 'function') {
        const whole = window.playground_text;
        window.playground_text = (pre, hidden) => commands.get(pre) ?? whole(pre, hidden);
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
})();
