// Runs in Chromium, in a page with PAGES: writes, of each text node of each page, why it is not to be seen ("": it is), and the text.
const SKIPPED = 'script,style,title,template,head,iframe,noframes,noembed,svg,datalist';
const MENUS = ['TEXTAREA', 'OPTION', 'SELECT'];
const NEAR = 24, SMALL = 3, FAINT = 0.1;

function* upward(element) {
    for (; element; element = element.parentElement) yield element;
}

function channels(color) {
    const numbers = color.match(/[\d.]+/g).map(Number);
    return numbers.length < 4 ? [...numbers, 1] : numbers;
}

// null: an image is there, whose colours nobody knows.
function background(element, styles) {
    for (const e of upward(element)) {
        if (styles(e).backgroundImage !== 'none' || e.hasAttribute('background')) return null;
        const color = channels(styles(e).backgroundColor);
        if (color[3] >= FAINT) return color;
    }
    return [255, 255, 255, 1];
}

function isCutAway(element, styles) {
    for (const e of upward(element))
        if (styles(e).overflowX !== 'visible' && styles(e).display !== 'inline' && (e.clientHeight < 2 || e.clientWidth < 2)) return true;
    return false;
}

function why(node, styles) {
    const element = node.parentElement, style = styles(element);
    if ([...upward(element)].some(e => styles(e).display === 'none')) return 'display';
    if (MENUS.includes(element.tagName)) return '';
    if (style.visibility !== 'visible') return 'visibility';
    if ([...upward(element)].reduce((all, e) => all * styles(e).opacity, 1) < FAINT) return 'opacity';
    if (parseFloat(style.fontSize) < SMALL) return 'size';
    const color = channels(style.color), behind = background(element, styles);
    if (color[3] < FAINT) return 'color';
    if (behind && [0, 1, 2].every(i => Math.abs(color[i] - behind[i]) <= NEAR)) return 'color';
    const range = node.ownerDocument.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if ((box.width === 0 && box.height === 0) || box.right < -100 || box.bottom < -100) return 'place';
    return isCutAway(element, styles) ? 'place' : '';
}

async function look(page) {
    const frame = document.createElement('iframe'), texts = [];
    frame.setAttribute('sandbox', 'allow-same-origin'); // no scripts
    frame.width = frame.height = 1000;
    const loaded = new Promise(done => { frame.onload = done; });
    frame.srcdoc = page;
    document.body.appendChild(frame);
    await loaded;
    const walker = frame.contentDocument.createTreeWalker(frame.contentDocument.documentElement, NodeFilter.SHOW_TEXT);
    const styles = e => frame.contentWindow.getComputedStyle(e);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.data.trim() && !node.parentElement.closest(SKIPPED)) texts.push([why(node, styles), node.data]);
    }
    frame.remove();
    return texts;
}

(async () => {
    const all = [];
    for (const page of PAGES) all.push(await look(page));
    const json = unescape(encodeURIComponent(JSON.stringify(all)));
    document.body.textContent = '@@' + btoa(json) + '@@';
})();
