import { createHash } from 'node:crypto';

/** One style for all pages, light and dark, from a narrow phone up. No fonts or images to fetch. */
export const css = `
:root {
  color-scheme: light dark;
  --background: #f4f5f7; --card: #ffffff; --text: #1a1d23; --muted: #5b6270; --line: #d8dce3;
  --accent: #0b5bd3; --accent-text: #ffffff; --danger: #b3261e; --warn-background: #fff6e0; --warn-line: #e3b341;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #111318; --card: #1b1e25; --text: #e8eaef; --muted: #a3abba; --line: #343945;
    --accent: #7fb0ff; --accent-text: #0b1220; --danger: #ff8a80; --warn-background: #2d2614; --warn-line: #8a6d1f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; background: var(--background); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
header, main { max-width: 36rem; margin: 0 auto; padding: 0 1rem; }
header { display: flex; align-items: center; gap: .25rem 1rem; flex-wrap: wrap; min-height: 4rem; }
header .brand { font-weight: 700; letter-spacing: -.01em; margin-right: auto; color: inherit; text-decoration: none; }
header .who { color: var(--muted); font-size: .875rem; }
header form { margin: 0; }
main { margin-bottom: 3rem; width: calc(100% - 1.5rem); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1.5rem; }
@media (min-width: 40rem) { .card { padding: 2rem; } }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; }
.muted { color: var(--muted); }
a { color: var(--accent); }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem; }
.hint { color: var(--muted); font-size: .875rem; margin: .25rem 0 0; }
input:not([type="radio"]), select {
  width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--muted);
  border-radius: .5rem; padding: .625rem .75rem;
}
fieldset { border: 0; margin: 1rem 0 0; padding: 0; }
legend { font-weight: 600; padding: 0; }
label.choice { display: flex; gap: .75rem; align-items: baseline; font-weight: 400; margin: .5rem 0 0; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 0 1rem; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--background); }
pre, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem; }
details { margin: 0 0 1rem; }
summary { cursor: pointer; margin: 0 0 .5rem; }
input.code { font: 600 1.5rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: .12em; text-transform: uppercase; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button, .button {
  display: inline-block; font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer;
  border: 1px solid var(--accent); border-radius: .5rem; padding: .625rem 1.25rem; background: var(--accent); color: var(--accent-text);
}
button.secondary, .button.secondary { background: transparent; color: var(--text); border-color: var(--muted); }
button.danger { background: var(--danger); border-color: var(--danger); color: var(--card); }
button.link { background: none; border: 0; padding: 0; color: var(--accent); font-weight: 400; font-size: .875rem; text-decoration: underline; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0; }
.actions > * { flex: 1 1 9rem; }
.error, .warning, .notice { overflow-wrap: anywhere; border-radius: .5rem; padding: .75rem 1rem; margin: 0 0 1rem; border: 1px solid var(--warn-line); background: var(--warn-background); }
.error { border-color: var(--danger); background: transparent; color: var(--danger); font-weight: 600; }
.notice { border-color: var(--line); background: var(--background); }
.user-code {
  font: 700 2rem/1.2 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: .08em; text-align: center;
  border: 1px dashed var(--muted); border-radius: .5rem; padding: .75rem; margin: 0 0 1.25rem;
}
dl { display: grid; grid-template-columns: max-content 1fr; gap: .375rem 1rem; margin: 0 0 1.25rem; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); margin: 1.5rem 0 0; padding: 1.25rem 0 0; }
section > h2 { margin: 0 0 .5rem; }
ol { margin: 0 0 1rem; padding-left: 1.25rem; }
.team { display: flex; gap: .5rem; margin: .5rem 0 0; }
.team input { flex: 1 1 auto; min-width: 0; }
.team select { flex: 0 0 7.5rem; width: 7.5rem; }
ul.people { list-style: none; margin: 0; padding: 0; }
ul.people li { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .25rem 0; overflow-wrap: anywhere; }
ul.tokens { list-style: none; margin: 0; padding: 0; }
ul.tokens li { border-top: 1px solid var(--line); padding: 1rem 0; display: flex; gap: .5rem 1rem; align-items: start; flex-wrap: wrap; }
ul.tokens li > div { flex: 1 1 16rem; min-width: 0; }
ul.tokens dl { margin: .25rem 0 0; font-size: .875rem; gap: 0 .75rem; }
ul.tokens .button { padding: .25rem .75rem; font-size: .875rem; }
`.trim();

/** Its address changes with its content, so browsers may keep it for ever. */
export const stylePath = `/style-${createHash('sha256').update(css).digest('hex').slice(0, 12)}.css`;
