import type { ModelRequest } from '#models/model.ts'

/** A usable reply of the expert that the prompt names first: scores that depend on the expert alone. */
export function replyAsExpert(request: ModelRequest): string {
  return replyToPrompt(request.messages.map(message => message.content).join('\n'))
}

/** The same for a prompt in any form that names its expert, as the body of an HTTP request. */
export function replyToPrompt(text: string): string {
  const [named] = /strict_critic|pragmatist|tech_lead/.exec(text) ?? []
  const expert = ['strict_critic', 'pragmatist', 'tech_lead'].find(id => id === named) ?? 'unknown'
  const score = { strict_critic: 40, pragmatist: 70, tech_lead: 61, unknown: 0 }[expert]
  return JSON.stringify({
    expert_id: expert,
    scores: {
      task_complexity: score,
      goal_completion: score,
      tool_usage_quality: score,
      efficiency: score,
      communication: score,
      subagent_orchestration: null,
      self_extension: null,
    },
    comment: 'It did what was asked. It took the direct way.',
  })
}
