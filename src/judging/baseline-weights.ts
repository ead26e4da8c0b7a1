/**
 * What the baseline's signals weigh, in points of a 0–100 axis. Fixed by the reasons that stand beside them before any
 * session's true outcome was looked at, and not fitted to data since; `docs/baseline.md` says what they were measured to
 * be worth. A change here changes scores: raise `BASELINE_VERSION`.
 *
 * Each axis starts at what a session without any signal gets. `each` is multiplied by a count, and `most` is where further
 * ones stop counting: the fifth complaint says little that the first four did not. Nothing that the agent claims about its
 * own success counts in its favour, because claiming is free.
 */
export const BASELINE_WEIGHTS = {
  task_complexity: {
    /** Per doubling of the request's length from 8 words on: twice the text is one step more, not twice the task. */
    length: { each: 8, from_words: 8, most: 40 },
    /** Distinct demands after the first: each needs work of its own, which makes it the strongest sign. */
    demands: { each: 7, most: 28 },
    /** Conditions rule out the easy answers. */
    constraints: { each: 4, most: 20 },
    /** Code, paths and identifiers have to be read, but often are only addresses. */
    materials: { each: 2, most: 12 },
  },
  goal_completion: {
    /** Most sessions that end without a sign of trouble did what was asked, but silence is no proof. */
    start: 70,
    /** Neither a request nor a step of the agent: nothing is known. */
    nothing_asked: 50,
    /** Nobody answered at all: the goal cannot have been met. */
    never_answered: 5,
    thanked: 10,
    likes: { each: 8, most: 16 },
    /** The one direct word on the outcome; so it weighs most. */
    dislikes: { each: -20, most: -40 },
    complaints: { each: -12, most: -24 },
    /** A correction is repaired more often than not, so it costs less than a complaint. */
    corrections: { each: -6, most: -24 },
    repeated_requests: { each: -8, most: -16 },
    last_unanswered: -25,
    ends_midway: -15,
    /** The last word is that it cannot be done; sometimes rightly so. */
    ends_unable: -12,
    /** Said earlier: some part was not possible. */
    inabilities: { each: -4, most: -12 },
    /** Handed to a person: the agent did not finish it itself, though handing over may have been right. */
    transfers: { each: -15, most: -15 },
    /** A tool whose last call failed: what it was for did not happen. */
    unrecovered: { each: -8, most: -24 },
  },
  tool_usage_quality: {
    /** Nothing was called: nothing speaks for or against. */
    no_calls: 50,
    /** Calls that all went well. The rest up to 100 is whether they were the right ones, which counting cannot see. */
    start: 85,
    /**
     * Times the mean fault of a call, where a call's fault is the worst that is wrong with it. Failing is the worst there
     * is, so that one more failing call can never make the mean better.
     */
    fault: -65,
    failed: 1,
    malformed: 1,
    repeated: 0.5,
    /** Failing more than twice in a row is going on without thinking again. */
    streak: { each: -4, from: 2, most: -16 },
  },
  efficiency: {
    no_steps: 50,
    start: 85,
    /** Per doubling of the steps (messages and calls of the agent) beyond what the request lets one expect. */
    doubling: { each: -15, most: -45 },
    /** Expected steps: a few for any task, and more the more complex it is. */
    expected_steps: { least: 4, per_complexity_point: 0.3 },
    /** Times the share of calls that brought nothing (failed, or repeated with the same result). */
    wasted_share: -30,
    /** Every correction is a round that was done in vain. */
    corrections: { each: -4, most: -16 },
  },
  communication: {
    no_user: 50,
    start: 75,
    never_answered: 5,
    thanked: 8,
    likes: { each: 6, most: 12 },
    dislikes: { each: -15, most: -45 },
    complaints: { each: -12, most: -36 },
    /** Being corrected often means that a question was not asked or an intent not understood. */
    corrections: { each: -6, most: -24 },
    repeated_requests: { each: -8, most: -24 },
    unanswered: { each: -12, most: -36 },
    /** One apology is manners. */
    apologies: { each: -3, from: 1, most: -12 },
  },
  subagent_orchestration: {
    start: 80,
    /** Times the mean fault of the subagents. */
    fault: -60,
    failed: 1,
    silent: 0.8,
    duplicated: 0.5,
  },
  self_extension: {
    start: 60,
    /** A change to its own settings, skills or memory that went through. */
    writes: { each: 6, most: 18 },
    uses: { each: 4, most: 12 },
    /** Times the share of such calls that failed. */
    failed_share: -45,
  },
} as const

/** Raise it whenever the same transcript gets other scores than before; a test compares with stored ones. */
export const BASELINE_VERSION = 'baseline-1'
