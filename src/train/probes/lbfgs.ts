/** A function to minimise: its value at a point, its gradient written into `gradient`. */
export type Objective = (point: Float64Array, gradient: Float64Array) => Promise<number>;

/** When to stop. */
export interface LbfgsOptions {
  /** The largest element of the gradient that counts as none. */
  readonly tolerance: number;
  /** Steps at most. */
  readonly maxIterations: number;
  /** Told after each step. */
  readonly onStep?: (step: number, value: number) => void;
}

/** Where it came to. */
export interface Minimum {
  /** The point. */
  readonly point: Float64Array;
  /** The value there. */
  readonly value: number;
  /** Steps taken. */
  readonly iterations: number;
  /** Whether the gradient is small enough, or no step goes further down in float32. */
  readonly converged: boolean;
}

/** Steps remembered. */
const MEMORY = 10;
/** A step must go down by this share of what the slope promises (Armijo). */
const ENOUGH = 1e-4;
/** The slope must fall to this share (Wolfe); past it the step was too short. */
const FLATTER = 0.9;
const MOST_TRIALS = 20;

/** One accepted step: how the point and the gradient changed. */
interface Change {
  readonly step: Float64Array;
  readonly turn: Float64Array;
  /** 1 / (step · turn). */
  readonly inverse: number;
}

/**
 * Minimises a smooth function by limited-memory BFGS (Nocedal and Wright, "Numerical Optimization",
 * algorithms 7.4 and 7.5) with a bracketing line search for the weak Wolfe conditions.
 */
export async function lbfgs(
  objective: Objective,
  start: Float64Array,
  { tolerance, maxIterations, onStep }: LbfgsOptions,
): Promise<Minimum> {
  let point: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(start.length);
  let value = await objective(point, gradient);
  const changes: Change[] = [];
  let iterations = 0;
  let converged = largest(gradient) <= tolerance;
  while (!converged && iterations < maxIterations) {
    const direction = towards(gradient, changes);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      // Rounding has spoilt the memory: straight down again.
      changes.length = 0;
      direction.fill(0);
      addScaled(direction, gradient, -1);
      slope = -dot(gradient, gradient);
    }
    const first = changes.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    const found = await lineSearch(objective, { point, value, direction, slope, first });
    if (!found) {
      // What is left to gain is less than the rounding of the objective.
      converged = true;
      break;
    }
    const step = sum(found.point, point, -1);
    const turn = sum(found.gradient, gradient, -1);
    const curvature = dot(step, turn);
    if (curvature > 1e-12 * dot(turn, turn)) {
      changes.push({ step, turn, inverse: 1 / curvature });
      if (changes.length > MEMORY) changes.shift();
    }
    ({ point, gradient, value } = found);
    iterations++;
    onStep?.(iterations, value);
    converged = largest(gradient) <= tolerance;
  }
  return { point, value, iterations, converged };
}

/** −H·gradient by the two loops. */
function towards(gradient: Float64Array, changes: readonly Change[]): Float64Array {
  const direction = new Float64Array(gradient.length);
  addScaled(direction, gradient, -1);
  const shares = new Float64Array(changes.length);
  for (let at = changes.length - 1; at >= 0; at--) {
    const { step, turn, inverse } = changes[at]!;
    shares[at] = inverse * dot(step, direction);
    addScaled(direction, turn, -shares[at]!);
  }
  const last = changes.at(-1);
  if (last) {
    const scale = 1 / (last.inverse * dot(last.turn, last.turn));
    addScaled(direction, direction, scale - 1);
  }
  changes.forEach(({ step, turn, inverse }, at) => {
    addScaled(direction, step, shares[at]! - inverse * dot(turn, direction));
  });
  return direction;
}

/** A point far enough down along a direction; `undefined` where there is none. */
async function lineSearch(
  objective: Objective,
  { point, value, direction, slope, first }: {
    readonly point: Float64Array;
    readonly value: number;
    readonly direction: Float64Array;
    readonly slope: number;
    readonly first: number;
  },
) {
  let [low, high, length] = [0, Infinity, first];
  let best: { point: Float64Array; value: number; gradient: Float64Array } | undefined;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    const next = sum(point, direction, length);
    const gradient = new Float64Array(next.length);
    const reached = await objective(next, gradient);
    if (!(reached <= value + ENOUGH * length * slope)) high = length;
    else {
      best = { point: next, value: reached, gradient };
      if (dot(gradient, direction) >= FLATTER * slope) return best;
      low = length;
    }
    if (high < Infinity && best && trial > 8) return best;
    length = high < Infinity ? (low + high) / 2 : 2 * low;
  }
  return best;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function addScaled(into: Float64Array, other: Float64Array, scale: number): void {
  for (let i = 0; i < into.length; i++) into[i]! += scale * other[i]!;
}

/** a + scale·b. */
function sum(a: Float64Array, b: Float64Array, scale: number): Float64Array {
  const total = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) total[i] = a[i]! + scale * b[i]!;
  return total;
}

function largest(numbers: Float64Array): number {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) {
    const size = Math.abs(numbers[i]!);
    if (!(size <= most)) most = size;
  }
  return most;
}
