// Texts too faint to read, as a script that answers them.
// What was found once is kept: a page has thousands of texts, and few colours.
const once = (kept, find) => what => {
    if (!kept.has(what)) kept.set(what, find(what));
    return kept.get(what);
};
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgba = once(new Map(), colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
});
const over = ([r, g, b, a], [R, G, B]) =>
    [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
const behind = once(new WeakMap(), node => {
    const colour = rgba(getComputedStyle(node).backgroundColor);
    if (colour[3] === 1) return colour;
    return over(colour, node.parentElement ? behind(node.parentElement) : [255, 255, 255, 1]);
});
// The shapes of a drawing, in the order in which they are drawn.
const shapes = once(new WeakMap(), drawing =>
    [...drawing.querySelectorAll('rect')].map(shape =>
        [shape, shape.getBBox(), getComputedStyle(shape).fill]));
const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(part => {
        const c = part / 255;
        return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, two) => {
    const [a, b] = [light(one), light(two)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
};
const faint = new Map();
const texts = 'main :is(p, li, td, th, a, summary, h1, h2, h3, label, code, pre span), .menu-title,'
    + ' svg text, #mdbook-sidebar a';
for (const node of document.querySelectorAll(texts)) {
    if (!node.checkVisibility()) continue;
    const style = getComputedStyle(node);
    const isDrawn = node.namespaceURI.endsWith('svg');
    let ground = behind(isDrawn ? node.ownerSVGElement.parentElement : node);
    if (isDrawn) {
        // A part's text stands on the shapes that were drawn before it.
        const text = node.getBBox();
        const [x, y] = [text.x + text.width / 2, text.y + text.height / 2];
        for (const [shape, box, fill] of shapes(node.ownerSVGElement)) {
            const isAround = box.x <= x && x <= box.x + box.width && box.y <= y && y <= box.y + box.height;
            const isBefore = shape.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
            if (isAround && isBefore && fill !== 'none') {
                ground = over(rgba(fill), ground);
            }
        }
    }
    const found = contrast(over(rgba(isDrawn ? style.fill : style.color), ground), ground);
    const size = parseFloat(style.fontSize);
    const enough = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
    if (found < enough) {
        const what = `${node.tagName.toLowerCase()}.${node.className?.baseVal ?? node.className}`;
        faint.set(what, `${found.toFixed(2)} ${what} ${node.textContent.slice(0, 30)}`);
    }
}
return [...faint.values()];
