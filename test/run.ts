/**
 * `npm test`: everything that has to hold before a change lands, in the order of its cost. Ends on the line
 * `N passed, N failed`. `npm test -- unit infra` runs only the steps named.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

const REPORT = ".cache/vitest.json";

interface Step {
  name: string;
  command: readonly string[];
  /** Counts the tests of a step that has many; the others count as one. */
  count?: () => { passed: number; failed: number };
}

const steps: readonly Step[] = [
  { name: "types", command: ["tsc", "--noEmit"] },
  { name: "lint", command: ["biome", "check", "."] },
  {
    name: "tests",
    command: ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`],
    count() {
      const { numPassedTests: passed, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(REPORT, "utf8"));
      // A file that could not be loaded has no tests, but it has failed.
      return { passed, failed: Math.max(numFailedTests, numFailedTestSuites) };
    },
  },
  { name: "synth", command: ["cdk", "synth", "--quiet", "--output", ".cache/cdk.out"] },
  { name: "demo", command: ["node", "examples/demo.ts"] },
];

const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
for (const { name, command, count } of steps) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n── ${name}: ${command.join(" ")}`);
  rmSync(REPORT, { force: true });
  const { status } = spawnSync("npx", ["--no-install", ...command], { stdio: "inherit" });
  const whole = status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const counted = tests(count) ?? whole;
  total.passed += counted.passed;
  total.failed += status === 0 ? counted.failed : Math.max(counted.failed, 1);
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** Null when the step left no report: then its exit status is all there is. */
function tests(count: Step["count"]) {
  try {
    return count?.() ?? null;
  } catch {
    return null;
  }
}
