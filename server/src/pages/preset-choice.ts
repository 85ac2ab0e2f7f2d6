import { html } from 'hono/html';
import { presetNames, type PresetName } from '../../../src/protocol/wire-types.js';
import { presetNotes } from '../domain/presets.js';
import type { Html } from './layout.js';

/** The one to begin with comes first. */
const offered: readonly PresetName[] = ['recommended', 'open-source', 'default'];

/** Radio buttons, each with what it means. */
export function presetChoice(): Html {
  const choices = offered.map(
    (name, index) =>
      html`<label class="choice">
        <input type="radio" name="preset" value="${name}" ${index === 0 ? html` checked` : ''} />
        <span><strong>${name}</strong><br />${prose(presetNotes[name])}</span>
      </label> `,
  );
  return html`<fieldset>
    <legend>Who may use the cache</legend>
    ${choices}
  </fieldset>`;
}

/** What a form has sent; the recommended one for anything that no form of ours sends. */
export function chosenPreset(sent: string): PresetName {
  return presetNames.find((name) => name === sent) ?? 'recommended';
}

/** What stands between backticks becomes code. */
function prose(text: string): Html[] {
  return text.split('`').map((part, index) => (index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`));
}
