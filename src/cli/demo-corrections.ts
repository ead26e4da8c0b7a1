import { type Client, readAnswer } from '#client.ts'
import type { Rule } from '#corrections/rule.ts'
import type { Samples } from '#sessions/samples.ts'
import { print } from './terminal-text.ts'

const RULE: Rule = {
  name: 'disliked',
  when: { kind: 'dislike' },
  sampling: 1,
  max_per_day: 50,
  enabled: true,
}

/**
 * Puts the answers that the users of the sample sessions disliked before the reviewers, and has a rule do so with those to
 * come. Again, it changes nothing.
 */
export async function offerDemoCorrections(client: Client, disliked: Samples['disliked']): Promise<void> {
  const rules = await readAnswer(client.api.corrections.rules.$get({ query: {} }))
  if (!rules.some(rule => rule.name === RULE.name)) await readAnswer(client.api.corrections.rules.$post({ json: RULE }))
  for (const json of disliked) await readAnswer(client.api.corrections.candidates.$post({ json }))
  const { needs_review = 0 } = (await readAnswer(client.api.corrections.stats.$get())).by_status
  if (needs_review > 0) await print('', `${needs_review} answers that users disliked wait for a correction.`)
}
