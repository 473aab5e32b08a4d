/**
 * bitspike, the part that runs anywhere: formats, networks, targets, compiling, engines on one thread, comparison and
 * reports. Takes bytes and opens no files; the entry for Node.js adds those and worker threads.
 */

export { version } from "./version.ts";
export { BitspikeError, catalogue, located, mistake, type ErrorCode, type Place, type Warning } from "./errors.ts";

// The whole job
export {
  compileJob,
  inputsOf,
  validate,
  type CompileJob,
  type Compiled,
  type EmulatorEngine,
  type Engines,
  type ExplainOptions,
  type RunName,
  type Validation,
  type ValidationJob,
  type Watcher,
} from "./validate.ts";

// Networks
export {
  alpha,
  avgPool2d,
  chain,
  conv1d,
  conv2d,
  delay,
  flatten,
  input,
  lapicque,
  layer,
  leaky,
  linear,
  loop,
  named,
  output,
  rLeaky,
  rSynaptic,
  scale,
  sequential,
  sum,
  sumPool2d,
  synaptic,
  type Conv1dOptions,
  type Conv2dOptions,
  type Part,
  type PoolOptions,
  type RecurrentSeed,
  type WeightOptions,
} from "./network/builder.ts";
export type { TensorLike } from "./network/initialize.ts";
export { lapicqueConstants, type LapicqueConstants } from "./network/snntorch.ts";
export type {
  AlphaOptions,
  LapicqueOptions,
  LeakyOptions,
  NeuronOptions,
  RLeakyOptions,
  RSynapticOptions,
  SynapticOptions,
  Values,
} from "./network/snntorch.ts";
export { createNetwork } from "./network/create.ts";
export type { DraftEdge, DraftNode } from "./network/draft.ts";
export {
  defaultTime,
  discretize,
  type Discretized,
  type TimeAssumptions,
  type TimeMethod,
  type TimeOptions,
} from "./network/discretize.ts";
export * from "./network/types.ts";

// Targets
export { loadTarget } from "./target/load.ts";
export { targetJsonSchema } from "./target/schema.ts";
export type * from "./target/types.ts";

// Programs
export { approximations, type Approximation } from "./compile/approximate.ts";
export { calibrate, type Calibration } from "./compile/calibration.ts";
export {
  compile,
  compileWithExact,
  type CompiledExactly,
  type CompileOptions,
  type InputUse,
} from "./compile/compile.ts";
export { decodeProgram, encodeProgram } from "./compile/file.ts";
export {
  programOfIntegers,
  type IntegerParts,
  type IntegerPopulation,
  type IntegerProjection,
  type IntegerValues,
} from "./compile/integers.ts";
export { mappingJsonSchema, readMapping, writeMapping, type Mapping, type PlaceRule } from "./mapping/file.ts";
export { noAddress } from "./compile/program.ts";
export type * from "./compile/program.ts";

// Data and stimuli
export { archiveOf, chooseArrays, readLabels, type ChosenArrays } from "./encoding/arrays.ts";
export { readData, type Data, type DataOptions, type SampleRange } from "./encoding/data.ts";
export { encodeDelta, type DeltaOptions } from "./encoding/delta.ts";
export { encodeConstant, encodeSpikes } from "./encoding/direct.ts";
export {
  encode,
  encodeNames,
  largestMagnitude,
  usualEncode,
  usualScale,
  type EncodeName,
  type EncodeOptions,
} from "./encoding/encode.ts";
export { encodeLatency, latencySteps, latencyTimes, usualLatency, type LatencyOptions } from "./encoding/latency.ts";
export { prepareInputs, type InputFacts, type Prepared, type PrepareOptions } from "./encoding/prepare.ts";
export { encodeRate, type RateOptions } from "./encoding/rate.ts";
export * as spikegen from "./encoding/spikegen.ts";
export { encodeTargets, type TargetOptions } from "./encoding/targets.ts";

// Engines
export type * from "./engine.ts";
export { openEventChip, type EventChip, type EventChipOptions, type SendOptions } from "./chip/event-chip.ts";
export { synapsesByRow, type RowsOptions, type TellRow } from "./kernels/by-row.ts";
export { openKernels } from "./kernels/engine.ts";
export { openInterpreter, type InterpreterOptions } from "./chip/interpreter.ts";
export { lossPlaces, openReal, type RealReading } from "./chip/real.ts";
export type { LossPlace, LossyBlock, RealValues } from "./core/real.ts";
export type { LossKind } from "./datapath/losses.ts";
export { connect, type WebConnectOptions, type WebWorker } from "./connect/web.ts";
export type { EngineOptions } from "./connect/connect.ts";
export type { ConnectLimits } from "./connect/connection.ts";
export type { EngineName } from "./connect/protocol.ts";
export { openReference, type ReferenceEngine, type ReferenceOptions } from "./reference/engine.ts";
export { backendNames, tryBackends, type BackendName, type BackendTrial } from "./reference/backend.ts";

// Comparison, measures, reports
export { comparePredictions, compareRecordings, type Comparison, type Divergence } from "./equivalence/compare.ts";
export { explain, type ExplainInputs } from "./equivalence/explain.ts";
export type { Cause, Difference, Explanation, FirstDivergence, Ladder } from "./equivalence/explanation.ts";
export type { LadderStep, Rung, RungName, StepCost, StepPopulation } from "./equivalence/ladder.ts";
export type { Quantization, QuantizationPart } from "./equivalence/quantizations.ts";
export { defaultTolerances, judge, type Evidence, type Tolerances, type Verdict } from "./equivalence/verdict.ts";
export { denseMacs } from "./measure/dense.ts";
export { denseBaseline, macPrices, type DenseBaseline, type MacPrice } from "./measure/baseline.ts";
export { estimateEnergy, type EnergyEstimate } from "./measure/energy.ts";
export { activityProbes, measureOnChip, type OnChip, type OnChipOptions } from "./measure/on-chip.ts";
export { estimateTime, type TimeEstimate } from "./measure/timing.ts";
export { trafficOf, type Traffic } from "./measure/traffic.ts";
export type { Account, LedgerKind } from "./measure/accounts.ts";
export { costsOf, type Cost, type CostKind } from "./measure/costs.ts";
export { SimpleLatency } from "./measure/latency.ts";
export { LedgerPlan, ledgerProbes, totalsOf, type Ledger, type VisitRow } from "./measure/ledger.ts";
export { MeshLatency } from "./measure/mesh-latency.ts";
export type { Placed } from "./measure/places.ts";
export {
  neurobenchMetrics,
  neurobenchProbes,
  type NeurobenchMetrics,
  type NeurobenchOptions,
} from "./measure/neurobench.ts";
export { accuracyOf, decodes, readOut, type Decode, type Readout, type ReadoutOptions } from "./measure/readout.ts";
export { activationSparsity, layerActivity, type LayerActivity } from "./measure/sparsity.ts";
export { buildReport, type ReportInputs } from "./report/build.ts";
export { detailsOf, type ReportDetails } from "./report/details.ts";
export { reportJsonSchema, type ReportDocument } from "./report/document.ts";
export { reportHtml, type PageAssets } from "./report/html.ts";
export { summarizeNetwork, type NetworkSummary, type NodeSummary } from "./report/summary.ts";
export { ladderText } from "./report/ladder-text.ts";
export { reportText } from "./report/text.ts";

// Formats
export { kindOf, type FileKind } from "./formats/kind.ts";
export { networkJsonSchema } from "./formats/network-form.ts";
export { readNetworkYaml, type ReadArrays } from "./formats/network-yaml.ts";
export { readNir } from "./formats/nir.ts";
export { parseNpy, writeNpy, type NpyArray, type NpyData, type NpyDtype } from "./formats/npy.ts";
export { openNpz, parseNpz, writeNpz, type NpzFile } from "./formats/npz.ts";
export { loadStateDict, readStateDict, type StateDict } from "./formats/state-dict.ts";
export { recordingArrays } from "./formats/recording.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  type SafetensorsData,
  type SafetensorsDtype,
  type SafetensorsFile,
} from "./formats/safetensors.ts";
