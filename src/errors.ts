/** The one error class and the catalogue of permanent codes. A code is never renamed; its words may improve. */

/** Where the mistake is. Every part is optional; the command line prints what is known. */
export interface Place {
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** Dotted path inside a document, such as `weights.bits`, or a command-line option. */
  readonly field?: string;
  /** Node of a network. */
  readonly node?: string;
}

/**
 * Every mistake a user can make, by permanent code: a title, what happened as full sentences, what to do about it.
 * Words in braces are facts that the thrower gives.
 */
export const catalogue = {
  // Command line and files
  FILE_NOT_FOUND: {
    title: "File not found",
    message: "There is no file {path}.",
    hint: "Check the path; it is relative to the current folder.",
  },
  FILE_UNREADABLE: {
    title: "File cannot be read",
    message: "{path} cannot be read: {reason}.",
    hint: "Check that it is a file and that you may read it.",
  },
  FILE_UNWRITABLE: {
    title: "File cannot be written",
    message: "{path} cannot be written: {reason}.",
    hint: "Choose another place, or make the folder writable.",
  },
  USAGE: {
    title: "Command line not understood",
    message: "{problem}",
    hint: "See {command} --help.",
  },
  FILE_KIND: {
    title: "Not a file of the right kind",
    message: "{path} is {found}; {wanted} is needed here.",
    hint: "Check the path; bitspike inspect shows what a file holds.",
  },
  RUN_TARGET: {
    title: "No target given",
    message: "{path} is a model, so it has to be compiled for a chip first, and no chip is named.",
    hint: "Give --target NAME; bitspike targets lists them.",
  },
  RUN_PROGRAM_FIXED: {
    title: "A program is compiled already",
    message: "The program was compiled for {target}; {options} cannot change that.",
    hint: "Leave the options away, or run the model instead of the program.",
  },
  RUN_FLOAT: {
    title: "A float run has no chip",
    message: "{options} is about a chip, and --float runs the model without one.",
    hint: "Leave out either.",
  },
  TARGET_UNKNOWN: {
    title: "No such target",
    message: "There is no target {name}; the package has {known}.",
    hint: "{advice}A chip of your own is given as the path of its .yaml file.",
  },

  // Networks
  NIR_NOT_HDF5: {
    title: "Not a NIR file",
    message: "The file {what}; a NIR file is an HDF5 file.",
    hint: "Export the network with the `nir` package (nir.write) or with your framework's NIR exporter.",
  },
  NIR_TRUNCATED: {
    title: "The end of the file is missing",
    message: "The file has {bytes} bytes, and its header says {expected}.",
    hint: "Copy or download it again; the transfer broke off.",
  },
  NIR_DAMAGED: {
    title: "Damaged file",
    message: "The file is damaged: {what}.",
    hint: "Copy or download it again, or export the network once more.",
  },
  NIR_STORAGE: {
    title: "Storage that cannot be read",
    message: "{path} is stored in a way that cannot be read here: {how}.",
    hint: "Write the file again with gzip or without compression, and with float32 or float64 numbers.",
  },
  NIR_TOO_LARGE: {
    title: "Array larger than its file",
    message: "{path} promises the shape {shape}, which {bytes} bytes of file cannot hold.",
    hint: "The file is damaged or was made to look large; export the network once more.",
  },
  NIR_NO_GRAPH: {
    title: "No graph in the file",
    message: "The file is HDF5, but it has no group /node, which holds the graph of a NIR file.",
    hint: "Export the network with nir.write, or give another file.",
  },
  NIR_ROOT_TYPE: {
    title: "The file holds no graph",
    message: "/node/type is {type}; the whole of a NIR file is a NIRGraph.",
    hint: "Put the node into a NIRGraph with an Input and an Output, and export that.",
  },
  NIR_NODES_MISSING: {
    title: "Graph without nodes",
    message: "The graph {path} has no group `nodes`.",
    hint: "Export the network once more; the file is incomplete.",
  },
  NIR_EDGES_MISSING: {
    title: "Graph without edges",
    message: "The graph {path} has no list `edges`, which says what leads where.",
    hint: "Export the network once more; the file is incomplete.",
  },
  NIR_EDGES: {
    title: "Edges in the wrong form",
    message: "`edges` holds {found}; it takes two names in each row, from and to.",
    hint: "Write the edges as an array of strings of shape [n, 2].",
  },
  NIR_GRAPH_TWICE: {
    title: "The same graph twice",
    message: "The graph {path} is linked from two places of the file, so it may contain itself.",
    hint: "Write a copy of the graph for each place.",
  },
  NIR_TYPE_MISSING: {
    title: "Node without a type",
    message: "{path} has no `type`, so it is unclear what it computes.",
    hint: "Export the network once more; the file is incomplete.",
  },
  NIR_TYPE_KIND: {
    title: "Type that is not text",
    message: "The type of {path} is {found}; it must be text, such as LIF.",
    hint: "Write the type as a string.",
  },
  NIR_TYPE_UNKNOWN: {
    title: "Unknown type of node",
    message: "{type} is not a type of node that NIR has.",
    hint: "{advice}",
  },
  NIR_PARAMETER_KIND: {
    title: "Parameter that is not a number",
    message: "{field} holds {found}; it takes real numbers.",
    hint: "Write it as float32 or float64.",
  },
  NETWORK_MISTAKES: {
    title: "Several mistakes in a network",
    message: "The network has {count} mistakes.",
    hint: "They are listed one by one.",
  },
  NETWORK_NODE_DUPLICATE: {
    title: "Two nodes with one name",
    message: "Two nodes are called {name}.",
    hint: "Give every node a name of its own; a node inside a nested graph counts as `graph.node`.",
  },
  NETWORK_EDGE_NODE: {
    title: "Edge to a missing node",
    message: "{where} has no node {missing}, which its edges name: {edges}.",
    hint: "{advice} The nodes there are: {known}.",
  },
  NETWORK_EDGE_INTO_INPUT: {
    title: "Edge into an Input",
    message: "The edge {from} -> {to} leads into an Input, which takes data from outside only.",
    hint: "Let the edge lead to the node behind the Input instead.",
  },
  NETWORK_EDGE_FROM_OUTPUT: {
    title: "Edge out of an Output",
    message: "The edge {from} -> {to} leaves an Output, where the network ends.",
    hint: "Let the edge start at the node before the Output instead.",
  },
  NETWORK_SUBGRAPH_PORTS: {
    title: "Nested graph without a clear way in or out",
    message: "The edge {from} -> {to} needs the one {word} of the nested graph {graph}, which has {count}.",
    hint: "Give the nested graph exactly one {word}, or put its nodes into the outer graph.",
  },
  NETWORK_NESTING: {
    title: "Graphs nested too deeply",
    message: "Graphs lie inside graphs more than {limit} levels deep.",
    hint: "Export the network flat; a file that contains itself ends here as well.",
  },
  NETWORK_NO_INPUT: {
    title: "No Input",
    message: "The network has no Input node, so its input and the size of it are unknown.",
    hint: "Add an Input node with the shape of one frame, and an edge from it to the first layer.",
  },
  NETWORK_NO_OUTPUT: {
    title: "No Output",
    message: "The network has no Output node, so nothing says which layer is the result.",
    hint: "Add an Output node, and an edge to it from the last layer.",
  },
  NETWORK_STATELESS_CYCLE: {
    title: "Loop without state",
    message: "{loop} is a loop of nodes without state: each would need its own result in the same timestep.",
    hint: "Put a neuron or a Delay into the loop, or remove one of its edges.",
  },
  NETWORK_OUTPUT_UNREACHABLE: {
    title: "Output that no Input reaches",
    message: "No path of edges leads from an Input to {name}.",
    hint: "Check the edges; one between two layers is missing.",
  },
  NETWORK_SHAPE_INVALID: {
    title: "Impossible shape",
    message: "{field} is {shape}; sizes are whole numbers of 1 or more, and at most {most} values in all.",
    hint: "Write the shape of one frame, without batch and time.",
  },
  NETWORK_SHAPE_MISMATCH: {
    title: "Shapes do not fit together",
    message: "{from} gives {given}, but {to} takes {taken}.",
    hint: "{advice}",
  },
  NETWORK_INPUT_SHAPE: {
    title: "Layer cannot take what arrives",
    message: "{given} arrives at {name}, which takes {taken}.",
    hint: "{advice}",
  },
  NETWORK_SHAPE_UNKNOWN: {
    title: "Shape unknown",
    message: "The shape of {name} cannot be found: nothing arrives there, and its parameters do not say it.",
    hint: "Add an edge that leads to it, or remove the node.",
  },
  NETWORK_PARAMETER_MISSING: {
    title: "Missing parameter",
    message: "A node of type {type} needs {field}, which is not there.",
    hint: "Add it, or export the network again with a current version of the exporter.",
  },
  NETWORK_PARAMETER_SHAPE: {
    title: "Parameter of the wrong shape",
    message: "{field} has the shape {shape}; {expected}.",
    hint: "Check how the layer was exported; shapes have no batch and no time axis.",
  },
  NETWORK_PARAMETER_VALUE: {
    title: "Parameter out of range",
    message: "{field} is {value}{where}; it takes {expected}.",
    hint: "{advice}",
  },
  NETWORK_GROUPS: {
    title: "Groups do not divide the channels",
    message: "{out} output channels cannot be divided into {groups} groups.",
    hint: "Use a number of groups that divides the output channels.",
  },
  NETWORK_PADDING: {
    title: "Unknown padding",
    message: 'padding is "{padding}"; it is a number, one number per axis, "same" or "valid".',
    hint: "Zeros are the only padding there is; apply any other in a layer of its own before the network.",
  },
  NETWORK_PADDING_STRIDE: {
    title: "Padding `same` with a stride",
    message: 'padding "same" goes with a stride of 1 only, and the stride is {stride}.',
    hint: "Write the padding as numbers.",
  },
  NETWORK_KERNEL_SIZE: {
    title: "Kernel larger than its input",
    message: "The window of {kernel} does not fit into the padded input of {padded}.",
    hint: "Use a smaller kernel or dilation, or more padding; or check the input's shape.",
  },
  NETWORK_FLATTEN: {
    title: "Flatten beyond the axes",
    message: "Flatten from axis {start} to axis {end} does not exist in {shape}.",
    hint: "Axes count from 0, negative ones from the end, without batch; the start lies before the end.",
  },
  NEURON_RESET: {
    title: "Unknown kind of reset",
    message: "The reset is {reset}; it can be zero, subtract or none.",
    hint: "Write one of the three.",
  },
  NEURON_LAPICQUE: {
    title: "Time constant of a Lapicque neuron not given",
    message: "A Lapicque neuron takes beta, or two of beta, R and C; here {given} is given.",
    hint: "Give beta, or R and C.",
  },
  NEURON_ALPHA: {
    title: "Time constants of an Alpha neuron in the wrong order",
    message: "alpha is {alpha} and beta is {beta}; alpha has to be larger than beta, and beta must not be 1.",
    hint: "Choose a larger alpha or a smaller beta.",
  },
  NEURON_RECURRENCE: {
    title: "Recurrence not clear",
    message: "The recurrence of {type} {problem}.",
    hint: "Give linearFeatures, or conv2dChannels and kernelSize, or allToAll: false with V; one of the three.",
  },
  NETWORK_FILE: {
    title: "Network file with mistakes",
    message: "The network file {file} has {count} mistake(s).",
    hint: "Each is listed with its place; docs/networks.md explains every field.",
  },
  NETWORK_FILE_YAML: {
    title: "Network file is no valid YAML",
    message: "The YAML cannot be read: {reason}.",
    hint: "Check the indentation, and put texts with `: `, `#` or a comma in quotes.",
  },
  NETWORK_FILE_FIELD: {
    title: "Field of a network file is missing or wrong",
    message: "{field}: {reason}.",
    hint: "See docs/networks.md, or let an editor complete the file with docs/network.schema.json.",
  },
  BUILDER_INPUT: {
    title: "Input in the middle of a chain",
    message: "An input stands behind another part, so what that part gives would be lost.",
    hint: "Put the input first, or begin a branch of `sum` with it to add what it brings to what is there.",
  },
  STATE_MISTAKES: {
    title: "State dict does not fit the network",
    message: "The state dict has {count} mistakes.",
    hint: "They are listed one by one.",
  },
  STATE_MISSING: {
    title: "Parameter missing in a state dict",
    message: "The network needs {names}, which the state dict does not have.",
    hint: "{advice}",
  },
  STATE_SURPLUS: {
    title: "Parameter that the network does not have",
    message: "The state dict has {names}, which nothing in the network takes.",
    hint: "{advice}",
  },
  STATE_SHAPE: {
    title: "Parameter of another shape than the network's",
    message: "{name} has the shape {shape}; the network takes {expected}.",
    hint: "Check the sizes of the layer, and that the file belongs to this network.",
  },
  TIME_DT: {
    title: "Timestep out of range",
    message: "A timestep of {dt} s makes no sense; it must be a number above 0.",
    hint: "Give seconds, such as 1e-4, or leave it out.",
  },
  TIME_DELAY: {
    title: "Delay too long",
    message: "A delay of {steps} timesteps of {dt} s is longer than any run.",
    hint: "Check the delay (it is in seconds), or use a larger dt.",
  },
  TIME_EXACT: {
    title: "Exact method impossible",
    message: "Over a timestep of {dt} s the exact solution has no finite coefficients: tau_syn is far shorter.",
    hint: "Use a smaller dt, or the Euler method.",
  },

  // Arrays and recordings
  NPY_SIGNATURE: {
    title: "Not a .npy file",
    message: "This is not a .npy file: {found}.",
    hint: "Save the array with numpy.save.",
  },
  NPY_HEADER: {
    title: "The header of a .npy file is broken",
    message: "The header of the .npy file cannot be read: {reason}.",
    hint: "The file is damaged or was not written by NumPy; save the array again with numpy.save.",
  },
  NPY_DTYPE: {
    title: "Kind of number not supported",
    message: "The array holds {dtype}, which is neither an integer, a bool nor a float of 16 to 64 bits.",
    hint: "Convert the array first, for example with array.astype(numpy.float32).",
  },
  NPY_PICKLED: {
    title: "Pickled objects are not read",
    message: "The array holds Python objects (dtype object), which are stored as a pickle that could run any program.",
    hint: "Store plain numbers of one shape: numpy.save(file, numpy.stack(list).astype(numpy.float32)).",
  },
  NPY_LENGTH: {
    title: "A .npy file is too short or too long",
    message: "The header declares {shape} of {dtype}, which takes {declared} bytes; the file holds {found}.",
    hint: "The file was cut off or holds more than one array; save the array again with numpy.save.",
  },
  NPY_INT64_RANGE: {
    title: "A 64-bit integer is too large",
    message: "Element {index} is {value}; whole numbers beyond 9007199254740991 in magnitude are not read exactly.",
    hint: "Store smaller integers, or floats.",
  },
  NPZ_BROKEN: {
    title: "Not a readable .npz archive",
    message: "The .npz archive cannot be read: {reason}.",
    hint: "The file is damaged or was not written by NumPy; save it again with numpy.savez.",
  },
  NPZ_METHOD: {
    title: "Packed in a way that is not supported",
    message: "The archive uses {method}; arrays that are stored or deflated are read.",
    hint: "Save it with numpy.savez or numpy.savez_compressed.",
  },
  SAFETENSORS_BROKEN: {
    title: "Not a readable .safetensors file",
    message: "The .safetensors file cannot be read: {reason}.",
    hint: "The file is damaged, cut off or of another format; write it again.",
  },
  SAFETENSORS_DTYPE: {
    title: "Kind of number not supported",
    message: "Tensor {name} is stored as {dtype}, which is not read.",
    hint: "Store it as F32, F16, BF16 or an integer type.",
  },
  DATA_SHAPE: {
    title: "Data do not fit the network's Input",
    message: "The array is {shape}; no trailing axes have the size of the Input {input}.",
    hint: "{advice}",
  },
  DATA_AMBIGUOUS: {
    title: "Data can be read in two ways",
    message: "The array is {shape}, so an axis of length 1 may be time or belong to the Input {input}.",
    hint: "Give --steps, or remove the axis: array.squeeze(1).",
  },
  DATA_EMPTY: {
    title: "No data",
    message: "The array is {shape}, so there is nothing to run.",
    hint: "Give at least one sample and one timestep.",
  },
  DATA_SAMPLES: {
    title: "No such samples",
    message: "Samples {from} to {to} (excluded) are asked for; the data hold {all}, numbered from 0.",
    hint: "Use --samples N for the first N, or --samples A:B with A below B.",
  },
  DATA_NOT_FINITE: {
    title: "A value is not a number",
    message: "Element {index} of the data (in C order) is {value}.",
    hint: "Replace infinities and NaN before saving the array.",
  },
  DATA_ARRAYS: {
    title: "Not clear which array is the input",
    message: "The archive holds {arrays}; the network's Inputs are {inputs}.",
    hint: "Name the arrays like the Inputs, or keep a single array beside the labels.",
  },
  DATA_STEPS: {
    title: "Number of timesteps missing",
    message: "The data have no time axis ({reading}), so the number of timesteps is not known.",
    hint: "Give --steps N, the number that the network was trained with.",
  },
  DATA_STEPS_FEW: {
    title: "Fewer timesteps in the data than asked for",
    message: "{steps} timesteps are asked for and the data have {time} ({reading}).",
    hint: "Leave --steps away to use all of them.",
  },
  ENCODE_RANGE: {
    title: "Values out of range for the code",
    message: "--encode {encode} needs values from 0 to 1; after scaling they lie between {low} and {high}.",
    hint: "Give --scale X so that every value times X lies between 0 and 1.",
  },
  ENCODE_COUNTS: {
    title: "Values are no counts of events",
    message: "--encode spikes takes whole numbers, 0 or more; {found}.",
    hint: "{advice}",
  },
  ENCODE_TIME: {
    title: "Code and time axis do not go together",
    message: "--encode {encode} cannot be used with data that {has} a time axis ({reading}).",
    hint: "Use delta for data with time, latency for data without; constant, rate and spikes take both.",
  },
  ENCODE_LATE: {
    title: "An event would come too late",
    message: "The latest event falls on timestep {latest}; the last one is {last}.",
    hint: "Use more timesteps or a smaller tau, normalize the times, or bypass late events.",
  },
  ENCODE_STEPS: {
    title: "Number of timesteps not clear",
    message: "{problem}.",
    hint: "Give the number of timesteps for data without time, and none for data with time.",
  },
  ENCODE_OPTION: {
    title: "Option of the code out of range",
    message: "{option} is {value}; it must be {range}.",
    hint: "Choose a value in the range.",
  },

  LABELS_SHAPE: {
    title: "Labels cannot be read",
    message: "Labels are one whole number per sample; {problem}.",
    hint: "Save them with numpy.save as an array [samples]; for one-hot rows use rows.argmax(1).",
  },
  LABELS_COUNT: {
    title: "Not one label per sample",
    message: "There are {labels} labels for {samples} samples.",
    hint: "Give the labels of exactly these samples, one whole number each.",
  },
  LABELS_RANGE: {
    title: "Label is no class",
    message: "The label of sample {sample} is {label}, but the output has {classes} classes, numbered from 0.",
    hint: "Number the classes from 0 in the order of the output neurons.",
  },
  RECORDINGS_UNLIKE: {
    title: "Recordings cannot be compared",
    message: "The two recordings differ in {what}: {reference} and {emulator}.",
    hint: "Run the same network on the same input with the same number of timesteps.",
  },

  // Targets and equations
  TARGET_INVALID: {
    title: "Target with mistakes",
    message: "The target {file} has {count} mistake(s).",
    hint: "Each is listed with its place; docs/targets.md explains every field.",
  },
  TARGET_YAML: {
    title: "Target is no valid YAML",
    message: "The YAML cannot be read: {reason}.",
    hint: "Put equations in a `|` block or in quotes: a bare `: `, a leading `!` or a comma inside braces means something else in YAML.",
  },
  TARGET_FIELD: {
    title: "Field of a target is missing or wrong",
    message: "{field}: {reason}.",
    hint: "See docs/targets.md, or let an editor complete the file with docs/target.schema.json.",
  },
  TARGET_BASE: {
    title: "Target to extend is not known",
    message: "The target extends {name}, which cannot be found (or extends itself in a circle).",
    hint: "`extends` names a target of the list that `bitspike targets` prints.",
  },
  TARGET_RANGE: {
    title: "Range upside down",
    message: "The range {low}..{high} holds no value.",
    hint: "Write the smaller end first.",
  },
  TARGET_RECIPE: {
    title: "Recipe names an unknown parameter",
    message: "The recipe {recipe} sets {parameter}, which no datapath has.",
    hint: "Name a parameter, a projection constant, or `weight`.",
  },
  TARGET_REFERENCE: {
    title: "Name of something that is not there",
    message: "{field} names the {what} {name}, which is not there.",
    hint: "{guess}There are: {known}.",
  },
  TARGET_UNUSED: {
    title: "Part of a target that nothing uses",
    message: "No {user} uses {what}.",
    hint: "Remove it, or check the spelling where it should be used.",
  },
  DATAPATH_SYNTAX: {
    title: "Equation cannot be read",
    message: "Found {found} where {expected} was expected.",
    hint: "An equation is `name = expression`, one per line; a longer one goes on in the next line with an operator.",
  },
  DATAPATH_TOO_LONG: {
    title: "Equation too long",
    message: "The expression has more than {limit}, definitions put in.",
    hint: "Give parts of it names on lines of their own.",
  },
  DATAPATH_NUMBER: {
    title: "Number is no exact integer",
    message: "{number} is not a whole number below 2^53.",
    hint: "Equations are integer arithmetic; write larger numbers as shifts.",
  },
  DATAPATH_DIVISION: {
    title: "Division has no single meaning",
    message: "`/` does not say how it rounds.",
    hint: "Use toward_zero(x, n), down(x, n) or nearest_even(x, n) to divide by 2^n, or div_down(a, b).",
  },
  DATAPATH_SHIFT_MIXED: {
    title: "Shift beside + or -",
    message: "A shift beside + or - without parentheses is easily misread.",
    hint: "Write (a << b) + c or a << (b + c).",
  },
  DATAPATH_COMPARISON_CHAINED: {
    title: "Comparisons cannot be chained",
    message: "A comparison gives 0 or 1, so comparing its result with something else is rarely meant.",
    hint: "Write a < b && b < c, or use parentheses.",
  },
  DATAPATH_FUNCTION: {
    title: "Unknown function",
    message: "There is no function {name}.",
    hint: "The functions are {known}.",
  },
  DATAPATH_NAME: {
    title: "Undeclared name",
    message: "{name} is not declared, or is used before it is assigned.",
    hint: "{guess}Declare registers under `state` and constants under `parameters`, `projection` or `settings`.",
  },
  DATAPATH_OLD: {
    title: "old() of something that is no register",
    message: "old({name}) asks for a register's value at the start of the block, but {name} is no register.",
    hint: "Use the name itself, or declare it under `state`.",
  },
  DATAPATH_ASSIGNED_TWICE: {
    title: "Name assigned twice",
    message: "{name} is assigned a second time; a name that is no register has one value per block.",
    hint: "Use another name, or declare it under `state` if it is a register.",
  },
  DATAPATH_DECLARED_TWICE: {
    title: "Name with two meanings",
    message: "{name} already means something else.",
    hint: "Use another name: registers, constants, settings, words, accumulators and definitions share one space.",
  },
  DATAPATH_NOT_WRITABLE: {
    title: "Name cannot be assigned here",
    message: "{name} cannot be assigned in this block.",
    hint: "Parameters are constants; registers change in `on timestep`, accumulators in `on spike` and `on total`.",
  },
  DATAPATH_NO_RESULT: {
    title: "Block without its result",
    message: "The block never assigns {name}, which is what it is for.",
    hint: "Add a line `{name} = ..`.",
  },
  DATAPATH_NO_BLOCK: {
    title: "Missing block",
    message: "A datapath needs the block `{name}`.",
    hint: "Add it; docs/targets.md shows each block.",
  },
  DATAPATH_WORD_AMBIGUOUS: {
    title: "Word with two numbers",
    message: "The word {word} stands for different numbers in two enumerations.",
    hint: "Rename one of them.",
  },
  DATAPATH_QUANTITY: {
    title: "Unknown float quantity",
    message: "{name} is no quantity that a network has.",
    hint: "An `encodes` here may use {known}.",
  },
  DATAPATH_UNUSED: {
    title: "Declared and never used",
    message: "No equation mentions {name}.",
    hint: "Remove it, or use it.",
  },
  DATAPATH_FORWARD: {
    title: "What is passed on would be lost",
    message: "Neurons pass their counts on (forward), and on timestep does not read spike, which holds what arrived.",
    hint: "Add it to what the neuron fires itself, such as spike = min(spike + fits, 31), or remove forward.",
  },
  DATAPATH_SHIFT_AMOUNT: {
    title: "Shift or width out of range",
    message: "A shift or width is {amount}; it must be 0 (a width 1) to 4096.",
    hint: "Write max(n, 0) where an amount may be negative, or narrow the type of the parameter.",
  },
  DATAPATH_DIVISOR: {
    title: "Division by zero",
    message: "The divisor of div_down or rem is 0.",
    hint: "Give the parameter a type that leaves out 0, such as 1..65535.",
  },
  DATAPATH_LEAVES_TYPE: {
    title: "Register that can leave its type",
    message: "{register} can leave {low}..{high} though nothing arrives: it becomes {value} with {witness}.",
    hint: "Write what the chip does there (saturate, wrap), narrow the types of what it is made of, or say `overflow: stops` on the register where a run that gets there shall end with an error.",
  },
  DATAPATH_CAN_FAIL: {
    title: "Operation that can fail",
    message: "{operation} has no result with {witness}: {reason}.",
    hint: "Write max(n, 0) or max(n, 1) around it, or narrow the types of what it is made of.",
  },
  DATAPATH_ARGUMENTS: {
    title: "Wrong number of arguments",
    message: "{name} takes {expected} but got {got}.",
    hint: "See the table of functions in docs/targets.md.",
  },

  // Compiling
  PROGRAM_FORMAT: {
    title: "File is no sound program",
    message: "The file cannot be used as a program: {reason}.",
    hint: "Make it again with `bitspike compile`.",
  },
  PROGRAM_PARTS: {
    title: "Parts do not make a program",
    message: "The parts cannot be made into a program: {reason}.",
    hint: "The integers have to be those that the chip can be loaded with; see its target file.",
  },
  COMPILE_NO_POPULATION: {
    title: "Network without neurons",
    message: "The network has no neurons, so there is nothing for a chip to run.",
    hint: "A network needs at least one layer of neurons, such as LIF.",
  },
  COMPILE_OUTPUT: {
    title: "Output is not a layer of neurons",
    message: "An Output has to show the spikes of exactly one layer of neurons, unchanged.",
    hint: "End the network with a layer of neurons; a linear read-out has to run on the host.",
  },
  COMPILE_NO_SCALE: {
    title: "No scale fits",
    message: "No scale fits the weights, the thresholds and the registers of {population} on {target}.",
    hint: "Check `encodes`, `step`, `stored` and `on load` in the target file, and the network for values of extreme size.",
  },
  COMPILE_NO_SPIKES: {
    title: "Neurons that send no spikes",
    message:
      "{from} has no threshold: it sends its membrane, a real value, and {to} would receive nothing on the chip.",
    hint: "Neurons without a threshold can only end a network, to be read out by --decode membrane.",
  },
  COMPILE_METHOD: {
    title: "Exact method on a chip with a synaptic current",
    message: "With the exact method part of the input reaches the membrane beside the current, which no chip does.",
    hint: "Use --method euler.",
  },
  COMPILE_RESET_NONE: {
    title: "Neurons that fire without reset",
    message: "The neurons fire and are not reset, which the chip cannot do.",
    hint: "Use --reset zero or --reset subtract.",
  },
  COMPILE_RULE: {
    title: "Neurons that no chip is known to have",
    message: "The neurons of {population} {what}, which is not translated to a chip.",
    hint: "{remedy}",
  },
  COMPILE_CURRENT_BIAS: {
    title: "Constant input of a current that does not leak",
    message: "A bias feeds a synaptic current that never decays, so the current grows without end.",
    hint: "Give the current a time constant, or remove the bias.",
  },
  COMPILE_PARAMETER: {
    title: "Parameter that cannot be derived",
    message: "The target does not say what {parameter} encodes, nor its default.",
    hint: "Add `encodes` or `default` to the parameter in the target file.",
  },
  COMPILE_NO_VALUE: {
    title: "Parameter without a value",
    message: "What {parameter} encodes has no value for neuron {neuron} of {population}.",
    hint: "Correct `encodes` of the parameter in the target file, or the parameters of the network.",
  },
  COMPILE_INITIAL: {
    title: "Register that cannot be set before the run",
    message:
      "The network starts {register} at another value than 0, and the target does not say what the register encodes.",
    hint: "Add `encodes` to the register in the target file.",
  },
  COMPILE_DELAY: {
    title: "Delay that the chip does not have",
    message: "Spikes from {from} to {to} need a delay of {delay} timesteps; the chip has at most {longest}.",
    hint: "Use a larger --dt, or a network with shorter delays and fewer layers between branches; --approximate delays cuts them.",
  },
  COMPILE_CALIBRATION: {
    title: "Calibration that does not fit",
    message: "The calibration cannot be used: {what}.",
    hint: "Calibrate with samples like those that the same network will be given, and without a recipe.",
  },
  MAPPING_INVALID: {
    title: "Mapping with mistakes",
    message: "The mapping {file} has {count} mistake(s).",
    hint: "They are listed one by one; docs/mapping.md says what a mapping is.",
  },
  MAPPING_YAML: {
    title: "Mapping that is no YAML",
    message: "The mapping is no valid YAML: {reason}.",
    hint: "Indent with spaces; docs/mapping.md has an example.",
  },
  MAPPING_FIELD: {
    title: "Wrong field in a mapping",
    message: "{field}: {reason}.",
    hint: "See docs/mapping.md; an editor completes mappings with mapping.schema.json.",
  },
  MAPPING_TARGET: {
    title: "Mapping for another chip",
    message: "The mapping was written for {named}; the network is compiled for {target}.",
    hint: "Name the other target, or change or remove the mapping's `target`.",
  },
  MAPPING_ADDRESSES: {
    title: "Chip whose cores cannot be chosen",
    message: "{target} has one core with addresses, so that nothing can be mapped.",
    hint: "Leave the mapping away.",
  },
  MAPPING_POPULATION: {
    title: "Unknown population in a mapping",
    message: "The network has no population {population}.",
    hint: "{guess}It has {known}.",
  },
  MAPPING_NEURONS: {
    title: "Neurons that a population does not have",
    message: "Neurons {first} to {last} of {population} are given a place; it has {neurons}, counted from 0.",
    hint: "Correct the range: first..last, both included.",
  },
  MAPPING_OVERLAP: {
    title: "Neurons with two places",
    message: "Neurons {first} to {last} of {population} have a place already.",
    hint: "The other place is {other}; correct one of the two ranges.",
  },
  MAPPING_MISSING: {
    title: "Complete mapping with neurons missing",
    message: "{missing} neuron(s) of {population} have no place; the first is {first}.",
    hint: "Give them one, or leave `complete` away: they are then placed around the others.",
  },
  MAPPING_CHIP: {
    title: "Chip that there is not",
    message: "There is no chip {chip}; of {target} {chips} can be joined, counted from 0.",
    hint: "Choose another chip. `chip.systems` in the target file says how many are joined.",
  },
  MAPPING_CORE: {
    title: "Core that there is not",
    message: "There is no core {core}; a chip of {target} has {cores}, counted from 0.",
    hint: "Choose other cores, and name the chip where there are several.",
  },
  MAPPING_TILE: {
    title: "Tile that there is not",
    message: "There is no tile in column {x} and row {y}; the mesh of {target} is {width} wide and {height} high.",
    hint: "Columns and rows count from 0.",
  },
  MAPPING_NO_TILES: {
    title: "Chip without a mesh",
    message: "{target} has no mesh whose tiles could be named.",
    hint: "Name a core instead, or describe the mesh in the target file: `noc`.",
  },
  MAPPING_SHARED: {
    title: "Core for two populations",
    message: "{core} would hold neurons of {populations}; a core of {target} takes those of one population.",
    hint: "Put one of them on another core.",
  },
  MAPPING_LIMIT: {
    title: "Core without room for what is mapped to it",
    message: "{where} would take {needed} {resource}; it has {available}.",
    hint: "Put fewer neurons on the core, or name several: core: 3..5 fills them one after the other.",
  },
  MAPPING_ROOM: {
    title: "Cores without room for what is mapped to them",
    message: "{missing} neurons of {population}, from {first} on, find no room on the {cores} cores named.",
    hint: "Name more cores, or fewer neurons; bitspike compile without a mapping shows how many are needed.",
  },
  COMPILE_RECIPE: {
    title: "Unknown recipe",
    message: "The target {target} has no recipe {recipe}.",
    hint: "Its recipes: {known}.",
  },
  COMPILE_SETTING: {
    title: "Unknown setting",
    message: "The target {target} has no setting {setting}.",
    hint: "Its settings: {known}.",
  },
  COMPILE_SETTING_VALUE: {
    title: "Setting with a wrong value",
    message: "{setting} cannot be {value}.",
    hint: "Allowed: {allowed}.",
  },
  COMPILE_ADDRESSES: {
    title: "Network larger than the chip",
    message:
      "The network needs {needed} addresses, {neurons} for neurons and {inputs} for inputs; {target} has {available}: it stops fitting at {first}.",
    hint: "Use fewer neurons or inputs: on such a chip an input takes an address as a neuron does.",
  },
  COMPILE_SIGNS: {
    title: "Sources with weights of both signs",
    message:
      "Element {element} of {source} has positive and negative weights, as {count} of {of} have; on {target} all weights of a source have one sign.",
    hint: "Train with one sign per source, or let such sources have two addresses: --split-signs.",
  },
  COMPILE_PARALLEL: {
    title: "Two ways between the same layers",
    message: "Two ways lead from {from} to {to}; {target} has one synapse for each pair of neurons.",
    hint: "Add their weights up in one layer.",
  },
  COMPILE_STORED: {
    title: "Weight that the chip does not store",
    message: "A weight of {weight} cannot be stored: {problem}.",
    hint: "Check `on load` and `delivers` of the synapses in the target file, and the settings that they read.",
  },
  COMPILE_GRADED: {
    title: "Real values for a chip with binary spikes",
    message: "The input carries real values, and {target} receives binary spikes only.",
    hint: "Use --encode rate, or another spike encoding.",
  },
  COMPILE_MISTAKES: {
    title: "Several reasons why a chip cannot run a network",
    message: "{target} cannot run the network, for {count} reasons.",
    hint: "They are listed one by one.",
  },
  COMPILE_AXON_TYPES: {
    title: "More different weights than the chip keeps",
    message:
      "Neuron {neuron} of {population} has {count} different weights; {target} keeps {types} per neuron, one for each type of axon, and a synapse is one bit.",
    hint: "Train with at most {types} different weights per neuron beside 0, which is no synapse: -1 and 1, for example. Weights of any other kind need another target.",
  },
  COMPILE_UNSUPPORTED: {
    title: "Neurons that the chip cannot run",
    message: "{target} does not have the {missing} that the neurons of {population} need.",
    hint: "{remedy}",
  },

  // Running
  SHARD_DIED: {
    title: "Worker thread died",
    message: "A worker thread ended before its work was done: {reason}.",
    hint: "It may have run out of memory: try fewer threads (--threads) or fewer samples at a time (--samples).",
  },
  SHARD_SPLIT: {
    title: "Chip that cannot be divided",
    message: "{target} runs on events, one after another, so its neurons cannot be divided among threads.",
    hint: "Leave --split out, or share out samples: --split sample.",
  },
  ENGINE_REGISTER_RANGE: {
    title: "Register left its range",
    message:
      "{register} of neuron {neuron} in {population} would become {value} at timestep {timestep}, outside {low}..{high}.",
    hint: "The equations must say what then happens: write saturate(..) or wrap(..), or give the register its true type.",
  },
  ENGINE_DELIVERY_RANGE: {
    title: "Accumulator left its range",
    message:
      "{register} of neuron {neuron} in {population} would become {value} while events of {projection} arrive, outside {low}..{high}.",
    hint: "The equations must say what then happens: write saturate(..) or wrap(..) in `on spike` or `on total`.",
  },
  ENGINE_EVENT_RANGE: {
    title: "Register left its range in an event",
    message: "{register} of neuron {neuron} would become {value} in `{block}`, outside {low}..{high}.",
    hint: "The equations must say what then happens: write saturate(..) or wrap(..), or give the register its true type.",
  },
  ENGINE_SYNAPSE_RANGE: {
    title: "Register of a synapse left its range",
    message: "{register} of the synapse from {source} to {neuron} would become {value}, outside {low}..{high}.",
    hint: "The equations must say what then happens: write saturate(..) or wrap(..), or give the register its true type.",
  },
  ENGINE_EVENT_LIMIT: {
    title: "Chip that does not come to rest",
    message: "The chip served {limit} events of its queue in a row and still has some: its neurons may go on for ever.",
    hint: "Raise the limit if the activity ends by itself; else weaken the loop, or open it by a setting of the chip.",
  },
  ENGINE_WORD: {
    title: "Word that the chip does not understand",
    message: "The word {word} cannot be sent: {problem}.",
    hint: "`bitspike targets NAME` shows the words of a chip.",
  },
  ENGINE_NO_TIMESTEP: {
    title: "Chip without timesteps",
    message: "{target} runs on events and does not say what a timestep of a network is.",
    hint: "Add `timestep` to the events of the target, or send words to the chip with openEventChip.",
  },
  ENGINE_NO_EVENTS: {
    title: "Chip that takes no words",
    message: "{target} runs in timesteps and has no host that sends words.",
    hint: "Open the program on an engine and run it with stimuli.",
  },
  ENGINE_SNAPSHOT: {
    title: "Snapshot of something else",
    message: "The snapshot was not taken from an engine of this program.",
    hint: "Restore what `snapshot()` gave for the same program.",
  },
  ENGINE_EVENT_COUNT: {
    title: "Not a number of events",
    message: "Input {input} has the value {value} at neuron {neuron}; events are whole numbers from 0 to {limit}.",
    hint: "Use another encoding for real values, such as --encode rate.",
  },
  ENGINE_EVENT_NEURON: {
    title: "Event of a neuron that is not there",
    message: "Event {index} of input {input} names neuron {neuron}; the input has neurons 0 to {last}.",
    hint: "Number neurons from 0 in the order of the flattened frame, and give `count` where an array is longer than what it holds.",
  },
  ENGINE_EVENT_PAYLOAD: {
    title: "Payload that the chip does not take",
    message:
      "Events of neuron {neuron} of input {input} carry {value}; payloads are whole numbers from {low} to {limit}.",
    hint: "Payloads are the chip's integers, and those of one neuron add up; give a frame to have host values scaled and rounded.",
  },
  ENGINE_STEP_INPUT: {
    title: "Neither a frame nor events",
    message: "What input {input} is given for a timestep {problem}.",
    hint: "Give a Float32Array or Float64Array of the input's size, or events: an object with `neuron`, and `payload` and `count` where needed.",
  },
  ENGINE_STEP_BROKEN: {
    title: "Timestep that ended halfway",
    message: "The last timestep stopped with an error halfway, so the state is that of no timestep.",
    hint: "Call reset(), or restore() with a snapshot taken before.",
  },
  ENGINE_READ_SIZE: {
    title: "Array of another size than the population",
    message: "The array for {register} of {population} has {got} values; {expected} are needed.",
    hint: "Give an array with one value per neuron, or none.",
  },
  ENGINE_WORKER_START: {
    title: "Engine's worker did not start",
    message: "The worker that was to run the engine did not start: {reason}.",
    hint: "The worker's script has to import bitspike/engine-worker and be allowed to load; see docs/engines.md.",
  },
  ENGINE_WORKER_DIED: {
    title: "Engine's worker ended",
    message: "The worker that ran the engine ended before its work was done: {reason}.",
    hint: "It may have run out of memory: run fewer samples or steps at a time. Connect again, and restore a snapshot to go on.",
  },
  ENGINE_CLOSED: {
    title: "Engine closed",
    message: "The engine was closed and cannot be used any more.",
    hint: "Open the program again.",
  },
  ENGINE_SPIKE_COUNT: {
    title: "Not a number of spikes",
    message:
      "Neuron {neuron} of {population} would fire {value} times at timestep {timestep}; with binary spikes it can be 0 to {limit}.",
    hint: "Cut the number in the equations, or say in the target that events carry numbers (delivery.payload-bits).",
  },
  REAL_EVENTS: {
    title: "No real reading of a chip that runs on events",
    message:
      "{target} serves events one by one, and its equations are read in real numbers only for chips that run in timesteps.",
    hint: "Compare the float network with the chip's run itself; validate names the first spike that differs.",
  },
  REAL_NONE: {
    title: "No real reading of a machine of bits",
    message:
      "{population} runs on the datapath {datapath} of {target}, whose equations work on bits and mean nothing in real numbers.",
    hint: "Compare the float network with the chip's run itself; validate names the first spike that differs.",
  },
  REAL_INEXACT: {
    title: "Doubles that differ from the chip's integers",
    message:
      "With every loss as on {target}, doubles fire otherwise than its integers (in {population}, timestep {step}), most likely since integers grow beyond 2^53, so rounding cannot be undone one place at a time.",
    hint: "Narrow the registers or the products of the target's equations; validate without --explain still compares both runs.",
  },
  REAL_SPIKE: {
    title: "Spike that no event can carry",
    message:
      "Neuron {neuron} of {population} fires {value} at timestep {timestep} when its equations are read in real numbers; events carry whole numbers of at most 2^31 - 1.",
    hint: "Where it is no whole number, round what a spike carries by div_down in the target's equations; where it is too large, limit it by clamp: both hold in every reading.",
  },
  ENGINE_SUM_RANGE: {
    title: "Sum of synaptic input too large",
    message: "The events of one timestep through {projection} may add up beyond 2^53.",
    hint: "Smaller payloads or weights are needed; no chip sums that far.",
  },
  ENGINE_KERNELS: {
    title: "Compiled kernels not found",
    message: "The kernels cannot be loaded from {url}: {reason}.",
    hint: "In a clone, run npm run build; in a bundle, put the package's .wasm files where the address points.",
  },
  ENGINE_MEMORY: {
    title: "Not enough memory",
    message: "The neurons and synapses need {bytes} bytes in one memory, and there is none so large.",
    hint: "One memory holds 4 GiB at most. Let several projections lead to some of the targets each, which have a memory each, run on more threads by core, or use a smaller network.",
  },
  MEASURE_NO_MEMBRANE: {
    title: "Membrane was not recorded for a metric",
    message: "The metrics need the membrane of population {population}, which was not recorded.",
    hint: "Run with the probes that neurobenchProbes gives for the network; bitspike run takes --measurable.",
  },
  RECORDING_FORM: {
    title: "No recording",
    message: "The file is no recording: {problem}.",
    hint: "Take a file that bitspike run has written; bitspike inspect shows what a file holds.",
  },
  MEASURE_OTHER_RECORDING: {
    title: "Recording of another model, or of other data",
    message: "The recording has {got}; {wanted}.",
    hint: "Give the model or program, the data and their options (--steps, --samples, --encode, --seed) with which it was recorded, without --chip-time.",
  },
  MEASURE_NO_POPULATION: {
    title: "Recording of another network",
    message: "The recording has no population {population}.",
    hint: "Measure a recording together with the network and the stimuli that it was made of.",
  },
  MEASURE_NO_ACTIVITY: {
    title: "Activity was not recorded",
    message: "The ledger needs {register} of population {population}, which was not recorded.",
    hint: "Run with the probes that ledgerProbes gives for the program; bitspike run takes --measurable.",
  },
  MEASURE_NOT_PLACED: {
    title: "Neurons without a core",
    message: "{missing} neurons of population {population} lie on no core.",
    hint: "Place every neuron of every population on exactly one core.",
  },
  MEASURE_NO_NETWORK: {
    title: "Nothing known of the network of cores",
    message: "The target {target} does not say how its cores are joined, or how long its events take.",
    hint: "Give the target the sections noc and latency; docs/targets.md explains them.",
  },
  MEASURE_NO_CORE: {
    title: "Core that the chip does not have",
    message: "Neurons of {population} lie on core {core}; the chip's network joins {cores} cores, counted from 0.",
    hint: "Place the neurons on cores of the chip, or choose a target with more of them.",
  },
  MEASURE_BATCHES: {
    title: "Batches do not make up the samples",
    message: "Batches of {batches} samples were given for a recording of {samples}.",
    hint: "Give the whole number of samples of each batch, in order; they add up to those of the recording.",
  },
  READOUT_OUTPUT: {
    title: "No such output",
    message: "There is no recorded output {output}; the outputs are: {known}.",
    hint: "Give the name of an Output node of the network.",
  },
  READOUT_NO_SPIKES: {
    title: "Output carries no spikes",
    message: "The values that reach output {output} are not whole numbers, so there are no spikes to count.",
    hint: "Use --decode membrane or --decode max-membrane.",
  },
  READOUT_NO_MEMBRANE: {
    title: "Membrane was not recorded",
    message: "The membrane of population {population} is needed to read the class, and was not recorded.",
    hint: "Record it with a probe, or use --decode spikes.",
  },
  REFERENCE_BACKEND: {
    title: "TensorFlow.js backend not usable",
    message: "The TensorFlow.js backend {backend} cannot be used here: {reason}.",
    hint: "Leave the backend out to take the best one that works; `bitspike doctor` lists them.",
  },
  RUN_STIMULUS_MISSING: {
    title: "Input without data",
    message: "Input {input} has no data.",
    hint: "Give data for each input of the network: {known}.",
  },
  RUN_STIMULUS_UNKNOWN: {
    title: "Data for an input that is not there",
    message: "There is no input {input}.",
    hint: "The inputs of the network are: {known}.",
  },
  RUN_STIMULUS_SHAPE: {
    title: "Data of another size",
    message: "Input {input} takes frames of {expected} values; the data have {got}.",
    hint: "Check that the data belong to this network.",
  },
  RUN_STIMULI_DIFFER: {
    title: "Inputs of different length",
    message: "Input {input} has {got} samples x steps, but {first} has {expected}.",
    hint: "Give all inputs the same number of samples and of steps.",
  },
  RUN_PROBE: {
    title: "No such register to show",
    message: "There is no {register} of {population} to be shown.",
    hint: "What can be shown: {known}.",
  },
  RUN_MEMORY: {
    title: "Recording too large",
    message: "The values of {what} take {gigabytes} GB, which could not be had.",
    hint: "Record fewer neurons, or run fewer samples or steps at a time.",
  },
  RUN_INTERRUPTED: {
    title: "Interrupted",
    message: "The run was interrupted before it ended.",
    hint: "Start it again; nothing was written.",
  },
} as const;

export type ErrorCode = keyof typeof catalogue;

/** The names in braces in a text, as a type. */
type FactNames<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | FactNames<Rest>
  : never;
type Facts<C extends ErrorCode> = Readonly<
  Record<FactNames<(typeof catalogue)[C]["message"]> | FactNames<(typeof catalogue)[C]["hint"]>, string | number>
>;

/** A user's mistake: a permanent code, the facts, the place and a hint. Anything else that is thrown is our bug. */
export class BitspikeError extends Error {
  override readonly name = "BitspikeError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly place: Place;
  /** When several mistakes were found at once: each of them. */
  readonly issues: readonly BitspikeError[];

  constructor(
    code: ErrorCode,
    text: { message: string; hint: string },
    place: Place = {},
    options: { cause?: unknown; issues?: readonly BitspikeError[] } = {},
  ) {
    super(text.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = text.hint;
    this.place = place;
    this.issues = options.issues ?? [];
  }
}

/**
 * Make the error of one catalogue entry; the caller throws it.
 *
 * @param facts the words in braces of the entry
 * @param place what is known about where the mistake is
 * @param options `cause`: the error underneath; `issues`: the single mistakes when several were found
 */
export function mistake<C extends ErrorCode>(
  code: C,
  facts: Facts<C>,
  place?: Place,
  options?: { cause?: unknown; issues?: readonly BitspikeError[] },
): BitspikeError {
  const { message, hint } = catalogue[code];
  return new BitspikeError(code, { message: fill(message, facts), hint: fill(hint, facts) }, place, options);
}

function fill(text: string, facts: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(facts[name]));
}

/** The same error with more of its place known; used where a caller knows the file and the callee did not. */
export function located(error: BitspikeError, place: Place): BitspikeError {
  return new BitspikeError(
    error.code,
    error,
    { ...place, ...error.place },
    { cause: error.cause, issues: error.issues.map((issue) => located(issue, place)) },
  );
}

/** Something the user should know that does not stop the work. */
export interface Warning {
  /** Permanent, upper case, such as `NIR_OUTPUT_SHAPE`. */
  readonly code: string;
  readonly message: string;
  readonly place?: Place;
}
