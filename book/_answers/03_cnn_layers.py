"""Answers to the exercises of book/03_cnn_layers.ipynb; see book/_ext/answers.py."""

# %% Exercise 1, accepted: an array of floats
sizes = np.array([149.0, 74.0, 72.0, 36.0])

# %% Exercise 1, accepted: a tensor
sizes = torch.tensor([149, 74, 72, 36])

# %% Exercise 1, rejected with "at n − k + 1 positions": as with padding
sizes = [151, 75, 75, 37]

# %% Exercise 1, rejected with "drops a row or column": half of 149, rounded up
sizes = [149, 75, 73, 37]

# %% Exercise 1, rejected with "starts from the second size": the second convolution forgotten
sizes = [149, 74, 74, 37]

# %% Exercise 1, rejected with "four numbers in all": the last one rounded down too far
sizes = [149, 74, 72, 35]

# %% Exercise 2, accepted: loops, and a list of lists
def max_pool(x, k, stride):
    height, width = x.shape
    return [
        [
            max(x[i + a, j + b] for a in range(k) for b in range(k))
            for j in range(0, width - k + 1, stride)
        ]
        for i in range(0, height - k + 1, stride)
    ]

# %% Exercise 2, accepted: a tensor in single precision
def max_pool(x, k, stride):
    return F.max_pool2d(torch.tensor(x)[None].float(), k, stride)[0]

# %% Exercise 2, rejected with "the largest of the k·k values": the mean
def max_pool(x, k, stride):
    return sliding_window_view(x, (k, k))[::stride, ::stride].mean(axis=(2, 3))

# %% Exercise 2, rejected with "even if all are negative": a search that begins at zero
def max_pool(x, k, stride):
    windows = sliding_window_view(x, (k, k))[::stride, ::stride]
    return windows.max(axis=(2, 3)).clip(0)

# %% Exercise 2, rejected with "must be the shape of the result": the maximum over the wrong axes
def max_pool(x, k, stride):
    return sliding_window_view(x, (k, k))[::stride, ::stride].max(axis=(0, 1))

# %% Exercise 2, rejected with "in both directions": skips rows only
def max_pool(x, k, stride):
    return sliding_window_view(x, (k, k))[::stride].max(axis=(2, 3))

# %% Exercise 2, rejected with "in both directions": windows that do not overlap, for every stride
def max_pool(x, k, stride):
    return sliding_window_view(x, (k, k))[:: max(k, stride) if stride > 1 else 1, ::stride].max(
        axis=(2, 3)
    )

# %% Exercise 3, accepted: from the last layer to the first
def field(layers):
    width = 1
    for kernel, stride, dilation in reversed(layers):
        width = (width - 1) * stride + dilation * (kernel - 1) + 1
    return width

# %% Exercise 3, accepted: a number of NumPy
def field(layers):
    kernels, strides, dilations = np.transpose(layers)
    jumps = np.cumprod([1, *strides[:-1]])
    return 1.0 + (dilations * (kernels - 1) * jumps).sum()

# %% Exercise 3, rejected with "it adds d·(k − 1)": without the dilation
def field(layers):
    size, jump = 1, 1
    for kernel, stride, _dilation in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size

# %% Exercise 3, rejected with "only counts for the layers after it": the jump grows too early
def field(layers):
    size, jump = 1, 1
    for kernel, stride, dilation in layers:
        jump *= stride
        size += dilation * (kernel - 1) * jump
    return size

# %% Exercise 3, rejected with "it adds k − 1 to one pixel": adds n + 2, as one may read
def field(layers):
    return 1 + sum(kernel + 2 for kernel, _stride, _dilation in layers)

# %% Exercise 3, rejected with "strides multiply": the stride of the layer before, alone
def field(layers):
    size, jump = 1, 1
    for kernel, stride, dilation in layers:
        size += dilation * (kernel - 1) * jump
        jump = stride
    return size

# %% Exercise 4, accepted: collected pixel by pixel, as nested lists
def gradient_of_input(error, weights):
    gradient = np.zeros((error.shape[0] + 2, error.shape[1] + 2))
    for i, j in np.ndindex(error.shape):
        gradient[i : i + 3, j : j + 3] += error[i, j] * weights
    return gradient.tolist()

# %% Exercise 4, accepted: PyTorch's transposed convolution, a tensor
def gradient_of_input(error, weights):
    kernel = torch.tensor(weights)[None, None]
    return F.conv_transpose2d(torch.tensor(error)[None, None], kernel)[0, 0]

# %% Exercise 4, rejected with "has to be rotated by 180°": not rotated
def gradient_of_input(error, weights):
    return convolve2d(error, weights, padding=2)

# %% Exercise 4, rejected with "has to be rotated by 180°": transposed instead of rotated
def gradient_of_input(error, weights):
    return convolve2d(error, weights.T, padding=2)

# %% Exercise 4, rejected with "Pad the error map accordingly": padded by one
def gradient_of_input(error, weights):
    return convolve2d(error, flip_kernel(weights), padding=1)

# %% Exercise 5, accepted: the sample solution, with padding
my_stack = [
    nn.Conv2d(1, 4, 3, stride=2, padding=1),
    nn.Conv2d(4, 4, 3, stride=2, padding=1),
    nn.Conv2d(4, 8, 3, stride=2, padding=1),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 8, 3, padding=1),
    nn.Conv2d(8, 16, 3, dilation=2, padding=2),
]

# %% Exercise 5, accepted: eight strided convolutions
my_stack = [
    nn.Conv2d(1, 2, 3, stride=2),
    *(nn.Conv2d(2, 2, 3, stride=2) for _ in range(6)),
    nn.Conv2d(2, 16, 3, stride=2),
]

# %% Exercise 5, accepted: dilations that leave no pixel out, as a tuple
my_stack = (
    nn.Conv2d(1, 1, 3),
    nn.Conv2d(1, 1, 3, dilation=3, padding=3),
    nn.Conv2d(1, 1, 3, dilation=9, padding=9),
    nn.Conv2d(1, 1, 3, dilation=27, padding="same"),
    nn.Conv2d(1, 1, 3, dilation=13),
    nn.Conv2d(1, 16, 1),
)

# %% Exercise 5, rejected with "fewer than 100 rows or columns": a wide field that is full of holes
my_stack = [
    nn.Conv2d(1, 2, 3, dilation=32),
    nn.Conv2d(2, 4, 3, dilation=32),
    nn.Conv2d(4, 16, 3, dilation=32),
]

# %% Exercise 5, rejected with "fewer than 100 rows or columns": eight layers without strides
my_stack = [nn.Conv2d(1, 4, 3), *(nn.Conv2d(4, 4, 3) for _ in range(6)), nn.Conv2d(4, 16, 3)]

# %% Exercise 5, rejected with "10,000 parameters or more": many channels from the beginning
my_stack = [
    nn.Conv2d(1, 64, 3, stride=2),
    nn.Conv2d(64, 64, 3, stride=2),
    nn.Conv2d(64, 64, 3, stride=2),
    nn.MaxPool2d(2),
    nn.Conv2d(64, 16, 3),
    nn.Conv2d(16, 16, 3, dilation=2),
]

# %% Exercise 5, rejected with "and the last one gives 16": the channels do not fit together
my_stack = [nn.Conv2d(1, 4, 3, stride=2), nn.Conv2d(8, 16, 3, stride=2)]

# %% Exercise 5, rejected with "larger than 3×3": one large kernel
my_stack = [nn.Conv2d(1, 1, 11), nn.MaxPool2d(2), nn.Conv2d(1, 16, 3)]

# %% Exercise 6, accepted: autograd
def backward(x, from_above):
    leaf = torch.tensor(x, requires_grad=True)
    F.max_pool2d(F.relu(leaf)[None], 2)[0].backward(torch.tensor(from_above))
    return leaf.grad

# %% Exercise 6, accepted: loops over windows
def backward(x, from_above):
    gradient = np.zeros_like(x)
    for i, j in np.ndindex(from_above.shape):
        window = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        row, column = divmod(int(window.argmax()), 2)
        if window[row, column] > 0:
            gradient[2 * i + row, 2 * j + column] = from_above[i, j]
    return gradient.tolist()

# %% Exercise 6, rejected with "ReLU blocks the gradient": forgets ReLU
def backward(x, from_above):
    largest = x.reshape(len(x) // 2, 2, -1, 2).max(axis=(1, 3))
    winner = x == np.kron(largest, np.ones((2, 2)))
    return np.kron(from_above, np.ones((2, 2))) * winner

# %% Exercise 6, rejected with "nothing to the others": average pooling
def backward(x, from_above):
    return np.kron(from_above, np.ones((2, 2))) / 4 * (x > 0)

# %% Exercise 6, rejected with "nothing to the others": forgets the pooling
def backward(x, from_above):
    return np.kron(from_above, np.ones((2, 2))) * (x > 0)

# %% Exercise 6, rejected with "has the shape of x": only the mask of the result
def backward(x, from_above):
    pooled = x.clip(0).reshape(len(x) // 2, 2, -1, 2).max(axis=(1, 3))
    return from_above * (pooled > 0)

# %% Exercise 7, accepted: a linear layer per position
def mix(maps, weights, bias):
    by_position = torch.tensor(maps).movedim(0, -1)
    return F.linear(by_position, torch.tensor(weights), torch.tensor(bias)).movedim(-1, 0)

# %% Exercise 7, accepted: a product of matrices, in single precision
def mix(maps, weights, bias):
    flat = weights @ maps.reshape(len(maps), -1) + bias[:, None]
    return flat.reshape(-1, *maps.shape[1:]).astype(np.float32)

# %% Exercise 7, rejected with "the weighted sum over the 5 channels": the matrix the other way round
def mix(maps, weights, bias):
    return np.einsum("cd,chw->dhw", weights, maps) + bias[:, None, None]

# %% Exercise 7, rejected with "Each kernel has one bias": without the bias
def mix(maps, weights, bias):
    return np.einsum("dc,chw->dhw", weights, maps)

# %% Exercise 7, rejected with "Each kernel has one bias": the bias along the last axis
def mix(maps, weights, bias):
    mixed = np.einsum("dc,chw->dhw", weights, maps)
    return mixed + bias if mixed.shape[-1] == len(bias) else mixed + bias.sum()

# %% Exercise 8, accepted: all waves that do not fit are cut off in the frequency plane
def downsample(image, stride):
    plane = np.fft.fft2(image)
    rows, columns = (np.abs(np.fft.fftfreq(n)) < 0.5 / stride for n in image.shape)
    return np.fft.ifft2(plane * np.outer(rows, columns)).real[::stride, ::stride]

# %% Exercise 8, accepted: halved as often as needed, with a binomial blur, in PyTorch
def downsample(image, stride):
    weights = torch.tensor([1.0, 6, 15, 20, 15, 6, 1]).double() / 64
    image = torch.tensor(image)[None, None]
    while stride > 1:
        padded = F.pad(image, [3, 3, 3, 3], mode="reflect")
        image = F.conv2d(padded, torch.outer(weights, weights)[None, None], stride=2)
        stride //= 2
    return image[0, 0]

# %% Exercise 8, accepted: Pillow's Lanczos filter, whose grid lies half a new pixel further
def downsample(image, stride):
    from PIL import Image

    height, width = (n // stride for n in image.shape)
    picture = Image.fromarray(image.astype(np.float32))
    return picture.resize((width, height), Image.Resampling.LANCZOS)

# %% Exercise 8, rejected with "it aliases": no blur
def downsample(image, stride):
    return image[::stride, ::stride]

# %% Exercise 8, rejected with "it aliases": average pooling
def downsample(image, stride):
    return F.avg_pool2d(torch.tensor(image)[None], stride)[0]

# %% Exercise 8, rejected with "it aliases": the same blur for both strides
def downsample(image, stride):
    return convolve2d(image, gaussian_kernel(7, 1), padding="same")[::stride, ::stride]

# %% Exercise 8, rejected with "that is too much blur": a blur that removes everything
def downsample(image, stride):
    return convolve2d(image, gaussian_kernel(61, 10), padding="same")[::stride, ::stride]

# %% Exercise 8, rejected with "come out as the same wave": the waves inverted around their mean
def downsample(image, stride):
    kernel = gaussian_kernel(4 * stride + 1, stride / 2)
    small = convolve2d(image, kernel, padding="same")[::stride, ::stride]
    return 2 * image.mean() - small

# %% Exercise 8, rejected with "come out as the same wave": turned by 180 degrees
def downsample(image, stride):
    kernel = gaussian_kernel(4 * stride + 1, stride / 2)
    small = convolve2d(image, kernel, padding="same")[::stride, ::stride]
    return np.rot90(small, 2)

# %% Exercise 8, rejected with "come out as the same wave": mirrored
def downsample(image, stride):
    kernel = gaussian_kernel(4 * stride + 1, stride / 2)
    small = convolve2d(image, kernel, padding="same")[::stride, ::stride]
    return small[:, ::-1]

# %% Exercise 8, rejected with "changes its brightness": the negative, 1 minus the image
def downsample(image, stride):
    kernel = gaussian_kernel(4 * stride + 1, stride / 2)
    return 1 - convolve2d(image, kernel, padding="same")[::stride, ::stride]

# %% Exercise 8, rejected with "changes its brightness": weights that do not sum to 1
def downsample(image, stride):
    kernel = np.ones((2 * stride + 1, 2 * stride + 1))
    return convolve2d(image, kernel, padding="same")[::stride, ::stride]

# %% Exercise 8, rejected with "should become 80×40 with a stride of 2": blurs, and does not skip
def downsample(image, stride):
    return convolve2d(image, gaussian_kernel(4 * stride + 1, stride / 2), padding="same")


# %% Exercise 9, accepted: SciPy's Toeplitz matrix
def matrix_1d(kernel, n):
    from scipy.linalg import toeplitz

    zeros = np.zeros(n - len(kernel))
    return toeplitz(np.r_[kernel[0], zeros], np.r_[kernel, zeros])


# %% Exercise 9, accepted: the responses to all impulses, as columns
def matrix_1d(kernel, n):
    return np.stack([np.correlate(impulse, kernel, "valid") for impulse in np.eye(n)], axis=1)


# %% Exercise 9, accepted: shifted diagonals, as nested lists
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    return sum(w * np.eye(rows, n, i) for i, w in enumerate(kernel)).tolist()


# %% Exercise 9, accepted: a tensor in single precision
def matrix_1d(kernel, n):
    impulses = torch.eye(n)[:, None]
    weights = torch.tensor(kernel, dtype=torch.float32)[None, None]
    return F.conv1d(impulses, weights)[:, 0].T


# %% Exercise 9, accepted: a sparse matrix, from one row of an image
def matrix_1d(kernel, n):
    return convolution_matrix(kernel[None], (1, n))


# %% Exercise 9, rejected with "one row per position": the transposed matrix
def matrix_1d(kernel, n):
    matrix = np.zeros((n, n - len(kernel) + 1))
    for column in range(matrix.shape[1]):
        matrix[column : column + len(kernel), column] = kernel
    return matrix


# %% Exercise 9, rejected with "one row per position": padding that keeps the length
def matrix_1d(kernel, n):
    half = len(kernel) // 2
    return sum(w * np.eye(n, n, i - half) for i, w in enumerate(kernel))


# %% Exercise 9, rejected with "flips the kernel": the convolution of mathematics
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    matrix = np.zeros((rows, n))
    for row in range(rows):
        matrix[row, row : row + len(kernel)] = kernel[::-1]
    return matrix


# %% Exercise 9, rejected with "columns r, r + 1, r + 2": rows that do not move on
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    return np.tile(np.r_[kernel, np.zeros(n - len(kernel))], (rows, 1))


# %% Exercise 9, rejected with "unrounded": whole numbers
def matrix_1d(kernel, n):
    rows = n - len(kernel) + 1
    matrix = np.zeros((rows, n), dtype=int)
    for row in range(rows):
        matrix[row, row : row + len(kernel)] = kernel
    return matrix


# %% Exercise 9, rejected with "not for all other sizes": a width of 3 only
def matrix_1d(kernel, n):
    matrix = np.zeros((n - len(kernel) + 1, n))
    for row in range(len(matrix)):
        for i in range(3):
            matrix[row, row + i] = kernel[i]
    return matrix


# %% Exercise 10, accepted: upward, forgetting what came before a number without a lead
def pays_from(first, second):
    answer = None
    for n in sorted(first):
        difference, margin, _ = paired_t(first[n], second[n])
        if difference <= margin:
            answer = None
        elif answer is None:
            answer = n
    return answer


# %% Exercise 10, accepted: SciPy's test, one-sided at 2.5%, as an integer of NumPy
def pays_from(first, second):
    from scipy import stats

    counts = sorted(first)
    ahead = [
        np.ptp(np.subtract(first[n], second[n])) < 1e-12
        and np.mean(first[n]) > np.mean(second[n])
        or stats.ttest_rel(first[n], second[n], alternative="greater").pvalue < 0.025
        for n in counts
    ]
    begin = [i for i in range(len(counts)) if all(ahead[i:])]
    return np.int64(counts[begin[0]]) if begin else None


# %% Exercise 10, rejected with "that does not count": the means alone
def pays_from(first, second):
    ahead = [n for n in sorted(first) if np.mean(first[n]) > np.mean(second[n])]
    return ahead[0] if ahead else None


# %% Exercise 10, rejected with "stays ahead for all larger numbers": the first lead, not a lasting one
def pays_from(first, second):
    for n in sorted(first):
        difference, margin, _ = paired_t(first[n], second[n])
        if difference > margin:
            return n


# %% Exercise 10, rejected with "seed by seed": two separate intervals that do not overlap
def pays_from(first, second):
    from lecture_utils.statistics import t_interval

    smallest = None
    for n in sorted(first, reverse=True):
        (a, x), (b, y) = t_interval(first[n]), t_interval(second[n])
        if a - x <= b + y:
            break
        smallest = n
    return smallest
