import type { TrainingProviderName } from "./catalogue.ts";

/** Micro-dollars: the unit of all money here. */
export type Micros = number;

export interface Price {
  /** Micro-dollars per hour. */
  readonly perHour: Micros;
  readonly source: string;
}

const sagemaker = (dollarsPerHour: number): Price => ({
  perHour: Math.round(dollarsPerHour * 1e6),
  source: "SageMaker training, us-east-1, on demand, list price of 2026-09-27",
});

/** Micro-dollars per hour by SageMaker instance type. */
const instances: Readonly<Record<string, Price>> = {
  "ml.g5.2xlarge": sagemaker(1.52),
  "ml.g6.2xlarge": sagemaker(1.22),
  "ml.g6e.2xlarge": sagemaker(2.8),
  "ml.g6e.12xlarge": sagemaker(13.12),
  "ml.p4d.24xlarge": sagemaker(25.25),
  "ml.p5.4xlarge": sagemaker(7.91),
  "ml.p5.48xlarge": sagemaker(63.3),
};

/** What an hour of training costs; null when the price is not known. */
export function trainingPrice(provider: TrainingProviderName, instanceType: string): Price | null {
  if (provider === "local") return { perHour: 0, source: "your own machine" };
  return provider === "sagemaker" ? (instances[instanceType] ?? null) : null;
}

export const costOf = (seconds: number, { perHour }: Price): Micros => Math.ceil((seconds * perHour) / 3600);
