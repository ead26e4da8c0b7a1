/** Sets of cases on which variants were run, with the clusters that they make. Variants that share one are compared quickly. */
import { type ClusterFrame, frameClusters } from '#statistics/all-pairs.ts'
import { type ClusterEstimate, estimateFromSums } from '#statistics/clusters.ts'

export interface CaseFrame {
  /** Indices of the cases, ascending. */
  cases: Int32Array
  /** The cluster of each, numbered within the frame. */
  local: Int32Array
  /** The frame's clusters by their numbers in the picture. */
  globals: Int32Array
  /** Each case weighs 1. */
  clusters: ClusterFrame
}

/** Sums by cluster over some of a frame's cases: clusters without one are left out. */
export interface ClusterColumns {
  weights: Float64Array
  sums: Float64Array
  cases: number
}

/** The frame of these cases: one that is known already, or a new one. */
export function findFrame(
  frames: Map<string, CaseFrame[]>,
  cases: Int32Array,
  clusterOf: (index: number) => number,
): CaseFrame {
  const key = digestCases(cases)
  const alike = frames.get(key) ?? []
  const known = alike.find(frame => isSame(frame.cases, cases))
  if (known !== undefined) return known
  const frame = makeFrame(cases, clusterOf)
  frames.set(key, [...alike, frame])
  return frame
}

/** Sums of values by cluster, where every case has one. */
export function sumByCluster(frame: CaseFrame, values: Float64Array): Float64Array {
  const sums = new Float64Array(frame.globals.length)
  for (let place = 0; place < values.length; place++) {
    const cluster = frame.local[place] ?? 0
    sums[cluster] = (sums[cluster] ?? 0) + (values[place] ?? 0)
  }
  return sums
}

/** Sums of values by cluster; cases whose value is NaN have none. */
export function gatherByCluster(frame: CaseFrame, values: Float64Array): ClusterColumns {
  const count = frame.globals.length
  const [weights, sums] = [new Float64Array(count), new Float64Array(count)]
  let cases = 0
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? Number.NaN
    if (Number.isNaN(value)) continue
    const cluster = frame.local[place] ?? 0
    weights[cluster] = (weights[cluster] ?? 0) + 1
    sums[cluster] = (sums[cluster] ?? 0) + value
    cases++
  }
  // Where every case has a value the weights are the frame's own, and so are the degrees of freedom.
  if (cases === values.length) return { weights: frame.clusters.weights, sums, cases }
  return { ...dropEmpty(weights, sums), cases }
}

/** A variant's scores at the places of its frame. */
export interface FramedScores {
  frame: CaseFrame
  scores: Float64Array
  cluster_sums: Float64Array
}

/**
 * The mean of the differences one − other over the cases that both have, each with the same weight, with its cluster-robust
 * standard error. Null without a common case.
 */
export function estimateScoreDifference(
  one: FramedScores,
  other: FramedScores,
): { estimate: ClusterEstimate; cases: number } | null {
  if (one.frame === other.frame) {
    const sums = one.cluster_sums.map((sum, cluster) => sum - (other.cluster_sums[cluster] ?? 0))
    const { weights, degrees_of_freedom: degrees } = one.frame.clusters
    const estimate = estimateFromSums(weights, sums, degrees)
    return estimate === null ? null : { estimate, cases: one.frame.cases.length }
  }
  const { weights, sums, cases } = pairByCase(one, other)
  const estimate = estimateFromSums(weights, sums)
  return estimate === null ? null : { estimate, cases }
}

function pairByCase(one: FramedScores, other: FramedScores): ClusterColumns {
  const count = one.frame.globals.length
  const [weights, sums] = [new Float64Array(count), new Float64Array(count)]
  let cases = 0
  for (let left = 0, right = 0; left < one.scores.length && right < other.scores.length; ) {
    const [a, b] = [one.frame.cases[left] ?? 0, other.frame.cases[right] ?? 0]
    if (a === b) {
      const cluster = one.frame.local[left] ?? 0
      weights[cluster] = (weights[cluster] ?? 0) + 1
      sums[cluster] = (sums[cluster] ?? 0) + (one.scores[left] ?? 0) - (other.scores[right] ?? 0)
      cases++
    }
    if (a <= b) left++
    if (b <= a) right++
  }
  return { ...dropEmpty(weights, sums), cases }
}

function dropEmpty(weights: Float64Array, sums: Float64Array): { weights: Float64Array; sums: Float64Array } {
  let used = 0
  for (let cluster = 0; cluster < weights.length; cluster++) {
    if (weights[cluster] === 0) continue
    weights[used] = weights[cluster] ?? 0
    sums[used] = sums[cluster] ?? 0
    used++
  }
  return { weights: weights.subarray(0, used), sums: sums.subarray(0, used) }
}

function makeFrame(cases: Int32Array, clusterOf: (index: number) => number): CaseFrame {
  const numbers = new Map<number, number>()
  const local = new Int32Array(cases.length)
  const weights: number[] = []
  for (const [place, index] of cases.entries()) {
    const cluster = clusterOf(index)
    const number = numbers.get(cluster) ?? numbers.size
    numbers.set(cluster, number)
    local[place] = number
    weights[number] = (weights[number] ?? 0) + 1
  }
  return {
    cases,
    local,
    globals: Int32Array.from(numbers.keys()),
    clusters: frameClusters(Float64Array.from(weights)),
  }
}

/** Fowler, Noll and Vo's hash (FNV-1a, 32 bits) over the indices; equal ones are compared in full. */
function digestCases(cases: Int32Array): string {
  let hash = 0x811c9dc5
  for (const index of cases) hash = Math.imul(hash ^ index, 0x01000193)
  return `${cases.length}:${hash >>> 0}`
}

function isSame(one: Int32Array, other: Int32Array): boolean {
  if (one.length !== other.length) return false
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false
  return true
}
