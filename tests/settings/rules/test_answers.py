"""What each rule answers to its example, word for word: the messages that people get to read."""

from pathlib import Path

import pytest

from settings.rule_examples import load_examples

ROOT = Path(__file__).parents[3]
EXAMPLES = load_examples(ROOT)

# By rule: key, message, fix.
ANSWERS = {
    "GA101": (
        "model.source",
        'there is no folder "./models/tyni" in <folder>',
        "correct the path; it is relative to the folder of Pulumi.yaml",
    ),
    "GA102": (
        "endpoint.instanceType",
        "AWS lists ml.m99.large, but the catalog does not know its hardware yet",
        "add it to catalog/data/instances.json, or choose another type",
    ),
    "GA103": (
        "endpoint.name",
        'the default, "genai-my_stack", is not an endpoint name: 1 to 63 letters, digits and hyphens, with a letter or digit at both ends',
        "give the endpoint a name of its own",
    ),
    "GA104": (
        "bucket.forceDestroy",
        "is true while protect is true: one keeps the bucket, the other deletes it with all it holds",
        "keep protect for data you need, forceDestroy for a stack you throw away",
    ),
    "GA105": (
        "tags.team",
        '"team" and "Team" differ only in case, which IAM refuses',
        "keep one of them",
    ),
    "GA106": (
        "model.source",
        '"model.safetensors" in "./models/tiny" is a symbolic link',
        "put the files themselves there; a download from the Hub does so with local_dir instead of cache_dir",
    ),
    "GA107": (
        "model.source",
        '"./models/tiny" holds nothing but the folder "v2", so the container would find no model at the root',
        "write source: ./models/tiny/v2",
    ),
    "GA108": (
        "model.source",
        'there is no code/inference.py in "./models/tiny", and the image family pytorch runs nothing else',
        "add code/inference.py with model_fn and predict_fn, or choose an image family that needs no code",
    ),
    "GA109": (
        "model.bucketRegion",
        "is eu-west-1, and the stack lies in us-east-1; SageMaker reads a model only from its own Region",
        "copy the model to a bucket in us-east-1, or write aws:region: eu-west-1",
    ),
    "GA110": (
        "model.source",
        '"s3://my-models/tiny/" is an uncompressed prefix, which the mode serverless cannot load',
        "pack the files as .tar.gz and name that, or choose the mode realtime",
    ),
    "GA111": (
        "endpoint.networkIsolation",
        'is true, and the container has to fetch "hf:Qwen/Qwen3-0.6B@main" from the Hub',
        "put the model's files into S3 and name those, or remove networkIsolation",
    ),
    "GA112": (
        "model.source",
        "the image family pytorch cannot fetch a model from the Hugging Face Hub; huggingface, llamacpp, lmi, sglang, tei, tgi-legacy, vllm can",
        "choose one of huggingface, lmi, sglang, tei, tgi-legacy, vllm, or put the model's files into S3 and name those",
    ),
    "GA113": (
        "image.env",
        "tells the container nothing of org/tiny, and for the family custom nothing is added",
        "add the variables that your image reads, such as HF_MODEL_ID: org/tiny",
    ),
    "GA114": (
        "image.family",
        "is huggingface, and the source is a model package, which names its own image",
        "write family: model-package",
    ),
    "GA115": (
        "model.source",
        "the model package lies in eu-west-1, and the stack in us-east-1",
        "name the package of us-east-1, or write aws:region: eu-west-1",
    ),
    "GA116": (
        "model.acceptEula",
        'is not true, and "jumpstart-private-cache-prod-us-east-1" holds JumpStart\'s models with a licence to accept',
        "read the model's licence, then write acceptEula: true",
    ),
    "GA117": (
        "model.bucketOwner",
        'does nothing for "hf:org/tiny@v1": it is a model of the Hub, which the container fetches',
        "remove it",
    ),
    "GA118": (
        "model.tokenSecretArn",
        'is for a model of the Hub, and "s3://my-models/tiny.tar.gz" is none',
        "remove it",
    ),
    "GA119": (
        "hubToken",
        "is given, and so is model.tokenSecretArn: the container takes one token",
        "remove one of them, best hubToken: a secret in Secrets Manager is renewed in one place",
    ),
    "GA120": (
        "model.tokenSecretArn",
        "lies in eu-west-1, and the stack in us-east-1",
        "replicate the secret to us-east-1 and name the replica",
    ),
    "GA121": (
        "bucket.protect",
        'does nothing to "my-bucket", which the stack uses and does not own',
        "remove it, and set the same on the bucket itself if you need it",
    ),
    "GA122": (
        "image.env.HF_MODEL_ID",
        'is "org/tiny", which PyTorch 2.6, transformers 5.5.3 would have to fetch, and the container has no network',
        'write model.source: hf:org/tiny@<revision> instead, or remove it to serve "s3://my-models/tiny.tar.gz"',
    ),
    "GA201": (
        "aws:region",
        '"us-east-11" is not a Region that the catalog has an image registry for',
        "did you mean us-east-1?",
    ),
    "GA202": (
        "image.uri",
        "is for the family custom; huggingface has its image from the catalog",
        "remove it, or write family: custom",
    ),
    "GA203": (
        "image.uri",
        "lies in eu-west-1, and the stack in us-east-1; SageMaker pulls an image only from the endpoint's own Region",
        "push the image to a repository in us-east-1 and name that, or correct aws:region",
    ),
    "GA204": (
        "invoker.contract",
        "is auto, and how a custom image is asked cannot be looked up",
        "write contract: openai-chat or contract: tgi or contract: lmi or contract: pipelines or contract: tei or contract: input-text or contract: raw or contract: template, as its container speaks",
    ),
    "GA205": (
        "image.env.LLAMA_ARG_MODEL",
        "is missing: the image family llamacpp cannot find its model without it",
        'add LLAMA_ARG_MODEL: "/opt/ml/model/<file>.gguf", with what stands in < > replaced by your own',
    ),
    "GA206": (
        "endpoint.instanceType",
        "ml.m5.large has no GPU, and the image family vllm (vLLM 0.27.0, for NVIDIA GPUs) needs one",
        "choose a type such as ml.g5.xlarge or ml.g6e.xlarge, or another image family",
    ),
    "GA207": (
        "image.env",
        "there are 102 variables with the 2 of the image family; SageMaker allows 100",
        "remove some",
    ),
    "GA208": (
        "invoker.contract",
        "is tgi, and vllm (vLLM 0.27.0) speaks openai-chat",
        "remove it; auto is what the image speaks. A model that brings a handler of its own is served by the family custom",
    ),
    "GA209": (
        "endpoint.variants.cheaper.instanceType",
        "ml.g5.xlarge has driver 470 unless a host image is asked for, too old for tei (TEI 1.9.3, CUDA 12.9)",
        "write endpoint.inferenceAmiVersion: al2-ami-sagemaker-inference-gpu-3-1, or choose a newer instance type",
    ),
    "GA210": (
        "endpoint.instanceType",
        "the nvidia-v100 of ml.p3.2xlarge is too old for CUDA 13.0 of vllm (vLLM 0.27.0)",
        "choose a newer type, such as ml.g5.xlarge or ml.g6e.xlarge",
    ),
    "GA211": (
        "endpoint.inferenceAmiVersion",
        "is al2023-ami-sagemaker-inference-gpu-4-1, and ml.m5.large has no accelerator",
        "remove it; the catalog chooses the host image that the serving image needs",
    ),
    "GA212": (
        "image.env.SM_VLLM_TENSOR_PARALLEL_SIZE",
        "spreads the model over 8 GPUs, and ml.g5.12xlarge has 4",
        'write SM_VLLM_TENSOR_PARALLEL_SIZE: "4", or choose a type with 8 GPUs',
    ),
    "GA213": (
        "endpoint.mode",
        "is serverless, which has no GPU, and vllm (vLLM 0.27.0) is built for NVIDIA GPUs",
        "choose a family that runs on a CPU, such as huggingface, pytorch or llamacpp, or another mode",
    ),
    "GA301": (
        "endpoint.instanceType",
        "is missing: the mode async runs on instances",
        "add instanceType: ml.m5.large for a small model on a CPU, or ml.g6e.xlarge for one on a GPU",
    ),
    "GA302": (
        "endpoint.instanceType",
        "is about instances, which the mode serverless does not have",
        "remove it; endpoint.serverless says how much memory and how many requests at once",
    ),
    "GA303": (
        "endpoint.vpc",
        "puts the container into a VPC, which serverless inference does not have",
        "remove it, or choose the mode realtime, async or scale-to-zero",
    ),
    "GA304": (
        "endpoint.capture",
        "asks for data capture, which serverless inference does not have",
        "remove it; the function stores every request and reply under records/ anyway",
    ),
    "GA305": (
        "endpoint.variants",
        "describes another variant, and a serverless endpoint has one",
        "remove it, or choose the mode realtime",
    ),
    "GA306": (
        "endpoint.shadow",
        "describes another variant, and in the mode scale-to-zero there is one, with one component",
        "remove it, or choose the mode realtime",
    ),
    "GA307": (
        "endpoint.async",
        "is for the mode async, and this endpoint's is realtime",
        "remove it, or write endpoint.mode: async",
    ),
    "GA308": (
        "endpoint.serverless.provisionedConcurrency",
        "is 10, and maxConcurrency allows 5 requests at once",
        "write at most 5, or raise maxConcurrency",
    ),
    "GA309": (
        "endpoint.serverless.maxProvisionedConcurrency",
        "is 4, and provisionedConcurrency, where scaling starts, is missing",
        "add provisionedConcurrency: 1",
    ),
    "GA310": (
        "endpoint.vpc",
        "belongs to the endpoint configuration in the mode scale-to-zero, where pulumi-aws cannot set it yet",
        "remove it, or choose the mode realtime or async",
    ),
    "GA311": (
        "endpoint.inferenceComponent.acceleratorCount",
        "is 2, and ml.g5.xlarge has 1 x nvidia-a10g",
        "write at most 1, or choose a larger type",
    ),
    "GA312": (
        "endpoint.inferenceComponent.memoryMib",
        "is 16384, and ml.m5.large has 8192 MiB in all, of which SageMaker keeps some",
        "write less than 8192, or choose a larger type",
    ),
    "GA313": (
        "endpoint.inferenceComponent.minCopies",
        "is 2, more than maxCopies, 1",
        "write at most 1, or raise maxCopies",
    ),
    "GA314": (
        "endpoint.inferenceComponent.maxCopies",
        "is 4, and one instance holds 1: a copy takes 1 of the 1 accelerators and 8192 of the 16384 MiB of ml.g5.xlarge",
        "write endpoint.instances.max: 4, or let a copy take less",
    ),
    "GA315": (
        "endpoint.name",
        '"an-endpoint-of-the-search-team-for-the-questions-of-all" has 55 characters; with -component it names the inference component, and SageMaker allows that 63',
        "write a name of at most 53 characters",
    ),
    "GA321": (
        "endpoint.instances.initial",
        "is 4, more than max, 2",
        "write at most 2, or raise max",
    ),
    "GA322": (
        "endpoint.instances.min",
        "is 0, and the mode realtime keeps at least one instance",
        "write min: 1, or choose the mode async or scale-to-zero",
    ),
    "GA323": (
        "endpoint.instances.max",
        "asks for scaling, and ml.t2.large is burstable, which SageMaker does not scale",
        "remove min and max, or choose a type such as ml.m5.large",
    ),
    "GA324": (
        "endpoint.scaling.metric",
        "is invocations, which the mode async does not publish",
        "write backlog, or leave it out",
    ),
    "GA325": (
        "endpoint.scaling.metric",
        "is gpu, and ml.m5.large has no GPU",
        "write metric: cpu or invocations, or choose a type with a GPU",
    ),
    "GA326": (
        "endpoint.scaling.target",
        "is 70, and provisioned-utilization never exceeds 1",
        "write at most 1, best well below it",
    ),
    "GA327": (
        "endpoint.scaling",
        "does nothing while endpoint.instances.max is missing: the capacity stays as it is",
        "add endpoint.instances.max, or remove it",
    ),
    "GA328": (
        "endpoint.scaling.schedules.nights.min",
        "is 0, and the mode realtime scales down to 1 at least",
        "write min: 1, or choose the mode async or scale-to-zero",
    ),
    "GA331": (
        "endpoint.weight",
        "is 0 and so is that of every other variant, so no variant gets a request",
        "write a weight above 0 for at least one of them",
    ),
    "GA332": (
        "endpoint.variants",
        "there are 11 variants with the main one; SageMaker allows 10",
        "remove some",
    ),
    "GA333": (
        "endpoint.shadow",
        "copies the requests of one variant, and there are 2 with the main one",
        "remove endpoint.variants or endpoint.shadow",
    ),
    "GA334": (
        "endpoint.shadow",
        "is not possible here: the mode is async",
        "remove it; endpoint.variants with a small weight is another way to try a model",
    ),
    "GA335": (
        "endpoint.variants.candidate.source",
        'is "s3://my-models/candidate.tar.gz", and the stack\'s image comes with the model package',
        "remove it, or host that model in a stack of its own",
    ),
    "GA336": (
        "endpoint.variants.candidate.source",
        'is "s3://my-models/candidate.tar.gz", and HF_MODEL_ID tells its container to fetch org/tiny from the Hub',
        "add HF_MODEL_ID: /opt/ml/model to endpoint.variants.candidate.env",
    ),
    "GA337": (
        "endpoint.variants.the-candidate-that-the-search-team-trained-in-autumn",
        "has a name of 52 characters, and its own model's name has room for 43 of them",
        "give it a name of at most 43 characters, such as candidate",
    ),
    "GA341": (
        "endpoint.mode",
        "is async, and SageMaker refuses that for a package of AWS Marketplace",
        "choose the mode realtime",
    ),
    "GA401": (
        "endpoint.rollout.strategy",
        "is rolling, and the endpoint has 2 variants with the main one",
        "write strategy: canary or linear, or remove endpoint.variants",
    ),
    "GA402": (
        "endpoint.rollout.strategy",
        "is canary, and the mode serverless has no guarded rollouts",
        "remove it, or choose the mode realtime or async",
    ),
    "GA403": (
        "endpoint.rollout.strategy",
        "is canary, and ml.inf1.xlarge is Inf1: SageMaker would update all at once and watch nothing",
        "remove it, so that nobody relies on it",
    ),
    "GA404": (
        "endpoint.rollout.maxSeconds",
        "is 1800, and the rollout waits 2400 seconds: 4 x waitSeconds and terminationWaitSeconds",
        "write more than 2400, with room for the instances to start, or wait less",
    ),
    "GA405": (
        "endpoint.rollout.canaryPercent",
        "is for the strategy canary, and this rollout's is linear",
        "remove it, or write strategy: canary",
    ),
    "GA406": (
        "endpoint.rollout.maxErrorPercent",
        "does nothing: a rollout all-at-once has no rollback unless asked for",
        "write rollback: true, or remove it",
    ),
    "GA407": (
        "endpoint.retainScaledCapacity",
        "is true, and nothing is scaled: an update keeps instances.initial anyway",
        "remove it, or add endpoint.instances.max",
    ),
    "GA408": (
        "endpoint.rollout.maxLatencySeconds",
        "is 90, and the mode realtime gives an answer 60 seconds",
        "write less than 60",
    ),
    "GA501": (
        "keys.volumeArn",
        "is for EBS volumes, and ml.g5.xlarge keeps its data on local NVMe disks, which the hardware encrypts",
        "remove it, or choose a type without local disks",
    ),
    "GA502": (
        "keys.bucketArn",
        "lies in eu-west-1, and the stack in us-east-1",
        "name a key of us-east-1; a replica of a multi-Region key will do",
    ),
    "GA503": (
        "endpoint.async.errorTopicArn",
        "lies in eu-west-1, and the stack in us-east-1",
        "name a topic of us-east-1, which may pass messages on to other Regions",
    ),
    "GA504": (
        "roles.executionRoleArn",
        "is of the partition aws, and cn-north-1 is of aws-cn",
        "name one of an account there: arn:aws-cn:iam::...",
    ),
    "GA505": (
        "endpoint.capture",
        "keeps neither inputs nor outputs",
        "set one of them to true, or remove capture",
    ),
    "GA506": (
        "keys.captureArn",
        "is for captured requests and replies, and none are captured",
        "remove it, or add endpoint.capture with its percent",
    ),
    "GA507": (
        "roles.executionStatements",
        'adds permissions to the execution role, and "arn:aws:iam::123456789012:role/sagemaker-execution" is yours and left as it is',
        "give your role these permissions and remove it here, or remove roles.executionRoleArn",
    ),
    "GA508": (
        "endpoint.async.includeResponse",
        "is true, and there is no topic that a notification could go to",
        "add notify: true, or topics of yours",
    ),
    "GA509": (
        "endpoint.async.errorTopicArn",
        "names a topic of yours, and notify: true makes one",
        "remove notify to use yours, or remove it to have topics made",
    ),
    "GA601": (
        "model.parametersBillions",
        "is 70: at 2 bytes each and a fifth more for its work the model takes 156.5 GiB, more than the 89.4 GiB of 4 x nvidia-a10g (ml.g5.12xlarge)",
        "give the model more memory, or choose one with fewer parameters or fewer bytes for each (bytesPerParameter)",
    ),
    "GA602": (
        "model.parametersBillions",
        "is 8: at 2 bytes each and a fifth more for its work the model takes 17.9 GiB, more than the 8 GiB of ml.m5.large",
        "give the model more memory, or choose one with fewer parameters or fewer bytes for each (bytesPerParameter)",
    ),
    "GA603": (
        "endpoint.volumeGb",
        "is 20, and has to hold the archive and its content, 16.0 GB each",
        "write at least 33",
    ),
    "GA604": (
        "endpoint.mode",
        "is serverless, which has 5 GB of disk, and the model has 16.0 GB",
        "choose the mode scale-to-zero or async, whose instances can go down to none",
    ),
    "GA605": (
        "endpoint.downloadTimeoutSeconds",
        "is 600, and 810.0 GB take 648 seconds even at 10 Gbit/s",
        "write at least 649, best three times as much",
    ),
    "GA606": (
        "invoker.timeoutSeconds",
        "is 5, and the function needs 6.5 seconds to ask the model at all",
        "write 75, which lets a model take its 60 seconds",
    ),
    "GA701": (
        "image.env.DOWNLOAD_AUTH",
        "holds a Hugging Face token (hf_0...) that everyone who reads this file can see",
        "take it out and revoke it; a Hub token goes into genai:hubToken or model.tokenSecretArn, any other secret into Secrets Manager, where the container can read it",
    ),
    "GA702": (
        "tags.Owner",
        "holds the id of an AWS access key (AKIA...) that everyone who reads this file can see",
        "take it out and revoke it",
    ),
    "GA703": (
        "roles.executionStatements.0",
        "holds the id of an AWS access key (AKIA...) that everyone who reads this file can see",
        "take it out and revoke it; a policy names resources and principals, never their keys",
    ),
    "GA704": (
        "invoker.template.request.auth",
        "holds a Hugging Face token (hf_0...) that everyone who reads this file can see",
        "take it out and revoke it; a container behind SageMaker needs no key from its caller",
    ),
    "GA801": (
        "invoker.template",
        "is missing, and invoker.contract is template",
        'add template: {request: {prompt: "<<prompt>>"}, text: "choices[0].text"}, as your container takes and answers it',
    ),
    "GA802": (
        "invoker.template",
        "is for the contract template, and invoker.contract is auto",
        "write contract: template, or remove it",
    ),
    "GA803": (
        "invoker.maxNewTokens",
        "is 512, which the contract template cannot ask for: the template's request has no <<max_new_tokens>>",
        'add a key for it to the request, such as max_tokens: "<<max_new_tokens>>", or remove it',
    ),
    "GA804": (
        "invoker.template",
        "makes the function's variables 6235 bytes long; Lambda allows 4096 in all",
        "shorten it",
    ),
    "GA811": (
        "invoker.streaming",
        "is true, and there is no URL that could stream",
        "add url: iam",
    ),
    "GA812": (
        "invoker.streaming",
        "is true, and an endpoint of the mode async has no streams",
        "remove it, or choose the mode realtime",
    ),
    "GA813": (
        "invoker.streaming",
        "is true, and a container of the contract tei answers as a whole",
        "remove streaming: whole answers need no adapter",
    ),
    "GA814": (
        "invoker.streaming",
        "is true, and the URL of a function in a VPC does not stream",
        "remove streaming, or remove invoker.vpc",
    ),
    "GA815": (
        "invoker.adapterLayerArn",
        "is missing: the Lambda Web Adapter is not published for arm64 in cn-north-1",
        "publish a layer with it in your account and name it, or remove streaming",
    ),
    "GA816": (
        "invoker.adapterLayerArn",
        "lies in eu-west-1, and the stack in us-east-1",
        "name a layer of us-east-1, or remove it for the one that AWS publishes there",
    ),
    "GA817": (
        "invoker.adapterLayerArn",
        "names the Lambda Web Adapter, and streaming is not true",
        "add url: iam and streaming: true, or remove it",
    ),
    "GA821": (
        "invoker.timeoutSeconds",
        "is 75, and the HTTP API stops waiting after 30 seconds: later answers reach nobody",
        "write timeoutSeconds: 29; or add url: iam, which waits for the function, for slow requests",
    ),
    "GA831": (
        "invoker.waking",
        "is queue, and without inputs there is no queue",
        "add inputs: {enabled: true}, or write waking: reply",
    ),
    "GA832": (
        "invoker.waking",
        "is queue, and an endpoint of the mode realtime never has to be woken up",
        "remove it, or write endpoint.mode: scale-to-zero",
    ),
    "GA833": (
        "invoker.inputs.ownNotification",
        'is not true, and "my-bucket" is yours: its notifications are left as they are, so no file would be answered',
        "write ownNotification: true, and after deploying have the bucket send ObjectCreated events of inputs/ to the queue of the output inputs_queue_arn",
    ),
    "GA834": (
        "invoker.inputs.ownNotification",
        "is true, and the stack's own bucket sends its notifications to the queue already",
        "remove it, or name your bucket in bucket.existingName",
    ),
    "GA835": (
        "invoker.reservedConcurrency",
        "is 4, and the queue starts up to 8 invocations (inputs.maxConcurrency)",
        "write at least 8, and more if anybody else calls the function",
    ),
    "GA836": (
        "keys.queueArn",
        "is for the function's queues, and there are none: inputs are off, and failed events are not kept",
        "remove it, or write inputs: {enabled: true} or asynchronous: {onFailure: true}",
    ),
    "GA841": (
        "invoker.retries.afterTimeout",
        "is true, and attempts is 1, so nothing is asked again",
        "write attempts: 2, or remove it",
    ),
    "GA842": (
        "invoker.clientTokens",
        "is by default true, which keeps an object for each token, and records.keep is off",
        "write clientTokens: false; or keep: metadata, which keeps no text and still knows a request again",
    ),
    "GA851": (
        "invoker.versions.previousPercent",
        "is given, and previousVersion, which would get that share, is not",
        "add previousVersion: 7, with the number of the version that answered before; or remove it",
    ),
    "GA852": (
        "invoker.versions.previousVersion",
        "is given, and publish is false",
        "write publish: true, or remove it",
    ),
    "GA853": (
        "invoker.versions.previousVersion",
        "is given, and with streaming: true there are two functions, whose versions are counted apart",
        "remove previousVersion and previousPercent while streaming is on, or remove streaming",
    ),
    "GA901": (
        "guard.maxMonthlyUsd",
        "is 5,000.00, and the settings allow 7,625.32 USD a month; most of it: ml.g6e.xlarge (AllTraffic) 7,607.77, metrics of the function 10.80, dashboards 3.00",
        "write endpoint.instances.max: 2, or host it as async on ml.g6e.xlarge (about 1,267.96 USD a month), or raise it to 7626",
    ),
    "GA902": (
        "guard.maxMonthlyUsd",
        "cannot be held: the price of an hour of ml.m6i.large in us-east-1 is not known",
        "read the prices anew with genai cost --refresh, choose another type or Region, or remove it",
    ),
    "GA903": (
        "guard.workHours",
        "is said, and the mode realtime keeps at least one instance",
        "choose the mode async or scale-to-zero, or take the endpoint away with endpoint.enabled: false",
    ),
    "GA904": (
        "guard.workHours",
        "does nothing while endpoint.instances.max is missing: the capacity stays as it is",
        "add endpoint.instances.max, or remove it",
    ),
    "GA905": (
        "guard.workHours.to",
        'is "06:00", and the day begins at "22:00"',
        "write a later time of the same day",
    ),
    "GA906": (
        "guard.emails",
        "does nothing while maxMonthlyUsd is missing: there is no budget",
        "add maxMonthlyUsd, or remove it",
    ),
    "GA907": (
        "guard.topicArn",
        "lies in eu-west-1, and the stack in us-east-1",
        "name a topic of us-east-1",
    ),
    "GA951": (
        "watch.thresholds.backlog",
        "watches nothing: only the mode async has a queue",
        "remove it",
    ),
    "GA952": (
        "watch.thresholds.latencySeconds",
        "is 90, and SageMaker ends a request after 60 seconds",
        "write less than 60, best what callers are ready to wait",
    ),
    "GA953": (
        "watch.notify",
        "names idle, which watch.without leaves out",
        "remove idle from one of them",
    ),
    "GA954": (
        "watch.subscribers",
        "are given, and watch.topicArn names a topic that the stack does not make",
        "subscribe them to that topic yourself, or remove topicArn",
    ),
    "GA955": (
        "keys.alarmsArn",
        "is for the topic of alarms, and watch.enabled is false",
        "remove it, or write enabled: true",
    ),
    "GA956": (
        "watch.subscribers",
        "does nothing while watch.enabled is false",
        "remove it, or write enabled: true",
    ),
}


@pytest.mark.parametrize("rule_id", EXAMPLES)
def test_a_rule_answers_its_example_word_for_word(rule_id: str, tmp_path: Path) -> None:
    ((rule, found),) = EXAMPLES[rule_id].bad.findings(tmp_path)

    key, message, fix = ANSWERS[rule_id]
    assert rule.id == rule_id
    assert found.key.removeprefix("genai:") == key
    assert found.message.replace(str(tmp_path), "<folder>") == message
    assert found.fix == fix
