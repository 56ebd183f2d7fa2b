"""Answers to the exercises of book/09_transfer_learning.ipynb; see book/_ext/answers.py."""

# %% Exercise 1, accepted: a tensor and a float
trained = torch.tensor([8_393_728 + 513 * 37])
extra_bytes = 12.0 * trained.item()

# %% Exercise 1, rejected with "has a bias": the biases forgotten
trained = 8_393_728 + 512 * 37
extra_bytes = 12 * trained

# %% Exercise 1, rejected with "That is the head alone": layer4 forgotten
trained = 513 * 37
extra_bytes = 12 * trained

# %% Exercise 1, rejected with "That is layer4 alone": the head forgotten
trained = 8_393_728
extra_bytes = 12 * trained

# %% Exercise 1, rejected with "`trained` is right": one part only
trained = 8_393_728 + 513 * 37
extra_bytes = ...

# %% Exercise 1, rejected with "each takes 4 bytes": numbers instead of bytes
trained = 8_393_728 + 513 * 37
extra_bytes = 3 * trained

# %% Exercise 1, rejected with "That includes the parameters themselves": parameters, too
trained = 8_393_728 + 513 * 37
extra_bytes = 4 * 4 * trained

# %% Exercise 1, rejected with "one gradient and two averages": one average only
trained = 8_393_728 + 513 * 37
extra_bytes = 2 * 4 * trained

# %% Exercise 2, accepted: scikit-learn, an array
def nearest_mean(embeddings, labels, queries):
    from sklearn.neighbors import NearestCentroid

    return NearestCentroid().fit(embeddings, labels).predict(queries)

# %% Exercise 2, accepted: loops, a list of floats
def nearest_mean(embeddings, labels, queries):
    classes = sorted(set(labels.tolist()))
    means = {k: embeddings[labels == k].double().mean(0) for k in classes}
    return [
        float(min(classes, key=lambda k: (row.double() - means[k]).square().sum().item()))
        for row in queries
    ]

# %% Exercise 2, accepted: the largest linear score
def nearest_mean(embeddings, labels, queries):
    classes, index = labels.unique(return_inverse=True)
    belongs = torch.nn.functional.one_hot(index).float()
    means = belongs.T @ embeddings / belongs.sum(0)[:, None]
    return classes[(queries @ means.T - means.square().sum(1) / 2).argmax(1)]

# %% Exercise 2, rejected with "positions in the list of classes": no labels
def nearest_mean(embeddings, labels, queries):
    means = torch.stack([embeddings[labels == k].mean(dim=0) for k in labels.unique()])
    return torch.cdist(queries, means).argmin(dim=1)

# %% Exercise 2, rejected with "the nearest embedding": one neighbor
def nearest_mean(embeddings, labels, queries):
    return labels[torch.cdist(queries, embeddings).argmin(dim=1)]

# %% Exercise 2, rejected with "one label for each row of `queries`": labels of the rows in `embeddings`
def nearest_mean(embeddings, labels, queries):
    classes = labels.unique()
    means = torch.stack([embeddings[labels == k].mean(dim=0) for k in classes])
    return classes[torch.cdist(embeddings, means).argmin(dim=1)]

# %% Exercise 2, rejected with "smallest Euclidean distance": only the first dimension
def nearest_mean(embeddings, labels, queries):
    classes = labels.unique()
    means = torch.stack([embeddings[labels == k, :1].mean(dim=0) for k in classes])
    return classes[torch.cdist(queries[:, :1], means).argmin(dim=1)]

# %% Exercise 2, rejected with "smallest Euclidean distance": sums in place of means
def nearest_mean(embeddings, labels, queries):
    classes = labels.unique()
    sums = torch.stack([embeddings[labels == k].sum(dim=0) for k in classes])
    return classes[torch.cdist(queries, sums).argmin(dim=1)]

# %% Exercise 3, accepted: one group for each parameter, a generator
def layerwise_groups(model, rate, decay):
    return (
        {"params": [parameter], "lr": rate * decay ** (len(model.stages) - 1 - i)}
        for i, name in enumerate(model.stages)
        for parameter in getattr(model, name).parameters()
    )

# %% Exercise 3, accepted: multiplied stage by stage
def layerwise_groups(model, rate, decay):
    groups, current = [], np.float64(rate)
    for name in model.stages[::-1]:
        params = tuple(getattr(model, name).parameters())
        groups += [dict(params=params, lr=current)] if params else []
        current = current * decay
    return groups

# %% Exercise 3, rejected with "It has no parameters, but it counts": the pooling left out
def layerwise_groups(model, rate, decay):
    groups = []
    for name in reversed(model.stages):
        params = list(getattr(model, name).parameters())
        if params:
            groups.append({"params": params, "lr": rate * decay ** len(groups)})
    return groups

# %% Exercise 3, rejected with "compare the rates of all stages": layer1 to layer3 at the full rate
def layerwise_groups(model, rate, decay):
    groups = []
    for steps, name in enumerate(reversed(model.stages)):
        params = list(getattr(model, name).parameters())
        if params:
            full = name in ("layer1", "layer2", "layer3")
            groups.append({"params": params, "lr": rate if full else rate * decay**steps})
    return groups

# %% Exercise 3, rejected with "The head gets the full rate": counted from the image
def layerwise_groups(model, rate, decay):
    groups = []
    for steps, name in enumerate(model.stages):
        params = list(getattr(model, name).parameters())
        if params:
            groups.append({"params": params, "lr": rate * decay**steps})
    return groups

# %% Exercise 3, rejected with "exactly one group": the head forgotten
def layerwise_groups(model, rate, decay):
    groups = []
    for steps, name in enumerate(reversed(model.stages[:-1]), 1):
        params = list(getattr(model, name).parameters())
        if params:
            groups.append({"params": params, "lr": rate * decay**steps})
    return groups

# %% Exercise 3, rejected with "compare the rates of all stages": one rate for the backbone
def layerwise_groups(model, rate, decay):
    head = list(model.head.parameters())
    rest = [p for name, p in model.named_parameters() if not name.startswith("head")]
    return [{"params": head, "lr": rate}, {"params": rest, "lr": rate * decay**2}]

# %% Exercise 3, rejected with "use both `rate` and `decay`": a fixed decay
def layerwise_groups(model, rate, decay):
    return [
        {"params": list(getattr(model, name).parameters()), "lr": rate * 0.5**steps}
        for steps, name in enumerate(reversed(model.stages))
        if list(getattr(model, name).parameters())
    ]

# %% Exercise 4, accepted: a hook before every normalization
def freeze_all(network):
    for parameter in network.parameters():
        parameter.requires_grad = False
    for layer in network.modules():
        if isinstance(layer, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            layer.register_forward_pre_hook(lambda layer, inputs: layer.eval() and None)
    return network

# %% Exercise 4, accepted: the network cannot be switched to training
def freeze_all(network):
    network.requires_grad_(False).eval()
    network.train = lambda mode=True: network
    return network

# %% Exercise 4, rejected with "running averages have moved": parameters only
def freeze_all(network):
    return network.requires_grad_(False)

# %% Exercise 4, rejected with "running averages have moved": evaluation mode for now
def freeze_all(network):
    return network.requires_grad_(False).eval()

# %% Exercise 4, rejected with "other images of the batch": no momentum
def freeze_all(network):
    network.requires_grad_(False)
    for layer in network.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.momentum = 0.0
    return network

# %% Exercise 4, rejected with "still get gradients": statistics only
def freeze_all(network):
    network.eval()
    network.train = lambda mode=True: network
    return network

# %% Exercise 4, rejected with "running averages have moved": maps only, no vectors
def freeze_all(network):
    network.requires_grad_(False)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eval()
            layer.train = lambda mode=True, layer=layer: layer
    return network

# %% Exercise 4, rejected with "Return the network": nothing returned
def freeze_all(network):
    network.requires_grad_(False).eval()
    network.train = lambda mode=True: network

# %% Exercise 5, accepted: a support vector machine, as a list
five = five_kinds()
known = transfer.embed(net, five.train_set)
asked = transfer.embed(net, five.validation_set)
head = make_pipeline(StandardScaler(), SVC(C=3))
kinds_predicted = head.fit(known.inputs, known.labels).predict(asked.inputs).tolist()

# %% Exercise 5, rejected with "predict one per image": the training images
five = five_kinds()
known = transfer.embed(net, five.train_set)
head = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
kinds_predicted = head.fit(known.inputs, known.labels).predict(known.inputs)

# %% Exercise 5, rejected with "the same class": a constant
kinds_predicted = np.zeros(len(five_kinds().validation_set), dtype=int)

# %% Exercise 5, rejected with "Fewer than half": guessed
kinds_predicted = torch.randint(0, 5, (len(five_kinds().validation_set),))

# %% Exercise 5, rejected with "one number each": probabilities
five = five_kinds()
kinds_predicted = torch.rand(len(five.validation_set), 5)
