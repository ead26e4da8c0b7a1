/**
 * Student's t distribution. Written here because the choice on npm is between the 233 packages (27 MB) that
 * `@stdlib/stats-base-dists-t-quantile` brings and `jstat` 1.9.6, whose quantiles are wrong by up to 6e-8. Against
 * mpmath (50 digits) the relative error stays below 1e-11 (quantile) and 1e-10 (tail) for 1 to 1e6 degrees of freedom and
 * tails down to 1e-100; `test/statistics-student-t.test.ts` holds the values.
 */

/**
 * The cumulative distribution function P(T ≤ t) for `df` > 0 degrees of freedom, through the regularised incomplete beta
 * function (Abramowitz & Stegun 26.7.1, 26.5.27). Small lower tails keep their relative precision.
 */
export function studentTCdf(t: number, df: number): number {
  requireDegrees(df)
  if (Number.isNaN(t)) throw new RangeError('t must be a number')
  if (t === 0) return 0.5
  const tail = Math.exp(logUpperTail(Math.log(Math.abs(t)), df))
  return t < 0 ? tail : 1 - tail
}

/**
 * The t for which P(T ≤ t) = `p`, 0 < `p` < 1, `df` > 0. It is the root of the logarithm of a mass, as a function of
 * ln t: of the tail where `p` is near 0 or 1, of the middle where it is near ½, so that neither end loses digits.
 * Newton's method, held inside a bracket. ±Infinity where t exceeds the largest double.
 */
export function studentTQuantile(p: number, df: number): number {
  requireDegrees(df)
  if (!(p > 0 && p < 1)) throw new RangeError(`p must lie between 0 and 1, not ${p}`)
  if (p === 0.5) return 0
  const tail = Math.min(p, 1 - p)
  const size =
    tail < 0.25
      ? solveLogarithm(logT => logUpperTail(logT, df), Math.log(tail), -1, df)
      : solveLogarithm(logT => logMiddle(logT, df), Math.log(2 * Math.abs(p - 0.5)), 1, df)
  return p < 0.5 ? -size : size
}

const quantiles = new Map<string, number>()
const QUANTILES_KEPT = 20_000

/** `studentTQuantile`, remembered: many intervals ask for few different ones, and each takes 20 µs to work out. */
export function recallTQuantile(p: number, df: number): number {
  const key = `${p} ${df}`
  const known = quantiles.get(key)
  if (known !== undefined) return known
  const quantile = studentTQuantile(p, df)
  if (quantiles.size >= QUANTILES_KEPT) quantiles.clear()
  quantiles.set(key, quantile)
  return quantile
}

/**
 * The regularised incomplete beta function I_x(a, b) for a, b > 0 and 0 ≤ x ≤ 1: the continued fraction of DLMF 8.17.22,
 * evaluated by the modified Lentz method (DLMF 3.10(iii)), on the side of the mean where it converges quickly. The
 * relative error grows with a and b: below 1e-14 for a few hundred, 1e-9 for a million.
 */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0)) throw new RangeError(`a and b must be positive, not ${a} and ${b}`)
  if (!(x >= 0 && x <= 1)) throw new RangeError(`x must lie between 0 and 1, not ${x}`)
  if (x === 0 || x === 1) return x
  return Math.exp(logIncompleteBeta(a, b, { x, log_x: Math.log(x), log_y: Math.log1p(-x) }))
}

/** x and y = 1 − x by their logarithms, which are known where x itself underflows or rounds to 1. */
interface Place {
  x: number
  log_x: number
  log_y: number
}

/** ln P(T > t) for t > 0: half of I_x(df/2, ½) at x = df / (df + t²). */
function logUpperTail(logT: number, df: number): number {
  return logIncompleteBeta(df / 2, 0.5, placeBelow(logT, df)) - Math.LN2
}

/** ln P(|T| < t) for t > 0: I_y(½, df/2) at y = t² / (df + t²). */
function logMiddle(logT: number, df: number): number {
  const { x, log_x, log_y } = placeBelow(logT, df)
  return logIncompleteBeta(0.5, df / 2, { x: 1 - x, log_x: log_y, log_y: log_x })
}

/** x = df / (df + t²). */
function placeBelow(logT: number, df: number): Place {
  const logRatio = 2 * logT - Math.log(df)
  // ln(1 + e^r), without overflow for a large r.
  const log_x = -(logRatio > 0 ? logRatio + Math.log1p(Math.exp(-logRatio)) : Math.log1p(Math.exp(logRatio)))
  return { x: Math.exp(log_x), log_x, log_y: logRatio + log_x }
}

function logIncompleteBeta(a: number, b: number, place: Place): number {
  const swap = { x: Math.exp(place.log_y), log_x: place.log_y, log_y: place.log_x }
  return place.x <= (a + 1) / (a + b + 2)
    ? logBetaSeries(a, b, place)
    : Math.log1p(-Math.exp(logBetaSeries(b, a, swap)))
}

function logBetaSeries(a: number, b: number, { x, log_x, log_y }: Place): number {
  return a * log_x + b * log_y - logBeta(a, b) - Math.log(a) - Math.log(betaFraction(a, b, x))
}

/** The denominator of DLMF 8.17.22: 1 + d₁/(1 + d₂/(1 + …)). It needs about √max(a, b) terms near the mean. */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300
  let value = 1
  let c = 1
  let d = 0
  for (let index = 1; index <= 100_000; index++) {
    const m = Math.floor(index / 2)
    const term =
      index % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + term * d || tiny)
    c = 1 + term / c || tiny
    value *= c * d
    if (Math.abs(c * d - 1) < 1e-15) return value
  }
  throw new Error(`the incomplete beta function did not converge at a = ${a}, b = ${b}, x = ${x}`)
}

/**
 * ln B(a, b). Both arguments are first raised to at least 10 by B(a, b) = B(a + 1, b) (a + b)/a; then Stirling's series
 * (DLMF 5.11.1), written so that the large terms cancel on paper and not in floating point.
 */
function logBeta(a: number, b: number): number {
  let shift = 0
  let p = a
  let q = b
  for (; p < 10; p++) shift += Math.log((p + q) / p)
  for (; q < 10; q++) shift += Math.log((p + q) / q)
  const logs = -(p - 0.5) * Math.log1p(q / p) - q * Math.log1p(p / q) - Math.log(q) / 2
  return shift + logs + Math.log(2 * Math.PI) / 2 + stirlingRest(p) + stirlingRest(q) - stirlingRest(p + q)
}

/** What Stirling's formula leaves of ln Γ(a), a ≥ 10: the first seven terms, the next is below 4e-17 (DLMF 5.11.1). */
function stirlingRest(a: number): number {
  const coefficients = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156]
  return coefficients.reduceRight((sum, coefficient) => sum / (a * a) + coefficient, 0) / a
}

/** Finds t > 0 with `logMass(ln t)` = `target`; the mass falls (`direction` −1) or rises (1) with t. */
function solveLogarithm(logMass: (logT: number) => number, target: number, direction: 1 | -1, df: number): number {
  let low = -1e6
  let high = 1e6
  let logT = 0
  for (let step = 0; step < 200; step++) {
    const mass = logMass(logT)
    const miss = mass - target
    if (miss * direction > 0) high = logT
    else low = logT
    const slope = direction * Math.exp(logDensity(logT, df) + logT - mass) * (direction === 1 ? 2 : 1)
    const newton = logT - miss / slope
    const next = newton > low && newton < high ? newton : (low + high) / 2
    if (Math.abs(next - logT) <= 1e-15 * Math.max(1, Math.abs(logT))) return Math.exp(next)
    logT = next
  }
  return Math.exp(logT)
}

/** The logarithm of the density (Abramowitz & Stegun 26.7.1). */
function logDensity(logT: number, df: number): number {
  return ((df + 1) / 2) * placeBelow(logT, df).log_x - Math.log(df) / 2 - logBeta(df / 2, 0.5)
}

function requireDegrees(df: number): void {
  if (!(df > 0 && df < Number.POSITIVE_INFINITY)) throw new RangeError(`df must be positive and finite, not ${df}`)
}
