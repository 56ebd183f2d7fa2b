# Answers to the exercises of chapter 1; see book/_ext/answers.py.

# %% Exercise 1, accepted: rows that sum to 0 only up to rounding
my_edge = [[-0.1, -0.2, 0.3]] * 3

# %% Exercise 1, accepted: the difference between neighbors, as a tensor of integers
my_edge = torch.tensor([[0, 0, 0], [-1, 1, 0], [0, 0, 0]])

# %% Exercise 1, accepted: Sobel, in half precision
my_edge = KERNELS["sobel x"].astype(np.float16)

# %% Exercise 1, rejected with "horizontal edges": the transposed kernel
my_edge = KERNELS["sobel y"]

# %% Exercise 1, rejected with "The sign of the response is wrong": the kernel of the mathematical convolution
my_edge = flip_kernel(KERNELS["sobel x"])

# %% Exercise 1, rejected with "flat area": weights that do not sum to 0
my_edge = [[-1, 0, 2], [-1, 0, 2], [-1, 0, 2]]

# %% Exercise 1, rejected with "does not respond to a vertical edge": Laplacian of columns, 0 in sum
my_edge = [[1, -2, 1], [-2, 4, -2], [1, -2, 1]]

# %% Exercise 1, rejected with "responds to nothing": zeros
my_edge = np.zeros((3, 3))

# %% Exercise 2, accepted: a list of integers
move_down = [[0, 0, 1, 0, 0]] + [[0] * 5] * 4

# %% Exercise 2, accepted: a one-hot tensor
move_down = torch.nn.functional.one_hot(torch.tensor(2), 25).reshape(5, 5).double()

# %% Exercise 2, rejected with "moves the image up": as the mathematical convolution needs it
move_down = np.zeros((5, 5))
move_down[4, 2] = 1

# %% Exercise 2, rejected with "Your kernel does something else": only one pixel down
move_down = np.zeros((5, 5))
move_down[1, 2] = 1

# %% Exercise 2, rejected with "Your kernel does something else": to the side
move_down = np.zeros((5, 5))
move_down[2, 0] = 1

# %% Exercise 2, rejected with "brightness must stay the same": too bright
move_down = np.zeros((5, 5))
move_down[0] = 1

# %% Exercise 3, accepted: by counting positions
def my_output_size(n, k, stride=1, padding=0, dilation=1):
    return len(range(0, n + 2 * padding - dilation * (k - 1), stride))

# %% Exercise 3, accepted: with a floating-point floor
def my_output_size(n, k, stride=1, padding=0, dilation=1):
    return np.floor((n + 2 * padding - dilation * (k - 1) - 1) / stride + 1)

# %% Exercise 3, rejected with "Padding adds pixels on both sides": padding on one side
def my_output_size(n, k, stride=1, padding=0, dilation=1):
    return (n + padding - dilation * (k - 1) - 1) // stride + 1

# %% Exercise 3, rejected with "round down": rounded up
def my_output_size(n, k, stride=1, padding=0, dilation=1):
    return int(np.ceil((n + 2 * padding - dilation * (k - 1) - 1) / stride)) + 1

# %% Exercise 3, rejected with "spans 5 pixels": dilation times k
def my_output_size(n, k, stride=1, padding=0, dilation=1):
    return (n + 2 * padding - dilation * k) // stride + 1

# %% Exercise 3, rejected with "some combination": the padding is forgotten if there is a stride
def my_output_size(n, k, stride=1, padding=0, dilation=1):
    span = dilation * (k - 1) + 1
    return (n - span) // stride + 1 + 2 * padding // stride**2

# %% Exercise 4, accepted: all of the scale in one of the kernels
row, column = np.ones((1, 9), dtype=int), torch.full((9, 1), 1 / 81, dtype=torch.double)
multiplications = np.float32(18)

# %% Exercise 4, rejected with "A white image must stay white": without a scale
row, column, multiplications = np.ones((1, 9)), np.ones((9, 1)), 18

# %% Exercise 4, rejected with "A white image must stay white": each scaled as the box is
row, column, multiplications = np.full((1, 9), 1 / 81), np.full((9, 1), 1 / 81), 18

# %% Exercise 4, rejected with "not that of a 9×9 box": a Gaussian
bell = signal.windows.gaussian(9, 2)
row, column, multiplications = bell[None] / bell.sum(), bell[:, None] / bell.sum(), 18

# %% Exercise 4, rejected with "nine for the row": multiplied instead of added
row, column, multiplications = np.full((1, 9), 1 / 9), np.full((9, 1), 1 / 9), 81

# %% Exercise 5, accepted: as a list of lists
def slope_kernel(smoothing):
    total = 2 * float(sum(smoothing))
    return [[-s / total, 0, s / total] for s in smoothing]

# %% Exercise 5, accepted: a tensor in single precision
def slope_kernel(smoothing):
    column = torch.as_tensor(smoothing).float()
    return torch.outer(column / column.sum(), torch.tensor([-1, 0, 1]) / 2)

# %% Exercise 5, rejected with "The scale is wrong": the distance of two pixels is forgotten
def slope_kernel(smoothing):
    return np.outer(smoothing, [-1, 0, 1]) / np.sum(smoothing)

# %% Exercise 5, rejected with "The scale is wrong": divided by 8 whatever the weights are
def slope_kernel(smoothing):
    return np.outer(smoothing, [-1, 0, 1]) / 8

# %% Exercise 5, rejected with "The sign is wrong": the kernel of the mathematical convolution
def slope_kernel(smoothing):
    return np.outer(smoothing, [1, 0, -1]) / (2 * np.sum(smoothing))

# %% Exercise 5, rejected with "does not respond to an image that gets brighter": transposed
def slope_kernel(smoothing):
    return np.outer([-1, 0, 1], smoothing) / (2 * np.sum(smoothing))

# %% Exercise 5, rejected with "in the given order": from bottom to top
def slope_kernel(smoothing):
    return np.outer(smoothing[::-1], [-1, 0, 1]) / (2 * np.sum(smoothing))

# %% Exercise 6, accepted: loops and Pearson's coefficient, as a list
def my_match(image, template):
    height, width = np.shape(template)
    rows, columns = np.shape(image)[0] - height + 1, np.shape(image)[1] - width + 1
    result = []
    for y in range(rows):
        result.append([])
        for x in range(columns):
            patch = image[y : y + height, x : x + width]
            flat = np.ptp(patch) == 0
            result[-1].append(0 if flat else np.corrcoef(patch.ravel(), template.ravel())[0, 1])
    return result

# %% Exercise 6, accepted: the library's function, as a tensor in single precision
def my_match(image, template):
    return torch.from_numpy(normalized_correlation(image, template)).float()

# %% Exercise 6, rejected with "What is subtracted from each patch": the plain dot product
def my_match(image, template):
    return convolve2d(image, template)

# %% Exercise 6, rejected with "What is subtracted from it": only divided by norms
def my_match(image, template):
    patches = sliding_window_view(image, template.shape)
    patches = patches - patches.mean((2, 3), keepdims=True)
    norms = np.sqrt((patches**2).sum((2, 3))) * np.linalg.norm(template)
    return (patches * template).sum((2, 3)) / np.maximum(norms, 1e-9)

# %% Exercise 6, rejected with "More contrast should not change the map": means subtracted only
def my_match(image, template):
    return convolve2d(image, template - template.mean())

# %% Exercise 6, rejected with "differ from those of scikit-image": standard deviations, and a sum
def my_match(image, template):
    patches = sliding_window_view(image, template.shape)
    deviations = np.maximum(patches.std((2, 3)), 1e-9) * template.std()
    return convolve2d(image, template - template.mean()) / deviations

# %% Exercise 6, rejected with "should give a map of 11×10": as large as the image
def my_match(image, template):
    return match_template(image, template, pad_input=True)

# %% Exercise 6, rejected with "without any contrast": 0/0
def my_match(image, template):
    patches = sliding_window_view(image, template.shape)
    patches = patches - patches.mean((2, 3), keepdims=True)
    template = template - template.mean()
    norms = np.sqrt((patches**2).sum((2, 3))) * np.linalg.norm(template)
    with np.errstate(invalid="ignore"):
        return (patches * template).sum((2, 3)) / norms

# %% Exercise 7, accepted: another start, a larger scale, a tensor
everybody, _ = climb(random_kernels[:4], pair_images, is_boot)
my_kernel = 100 * torch.tensor(max(everybody, key=my_separation))

# %% Exercise 7, rejected with "does not beat it by more than 1%": the best classic
my_kernel = KERNELS["sobel y"]

# %% Exercise 7, rejected with "does not beat it by more than 1%": the best random kernel
my_kernel = random_kernels[separation(feature(pair_images, random_kernels), is_boot).argmax()]

# %% Exercise 7, rejected with "must sum to zero": brightness
my_kernel = KERNELS["identity"]

# %% Exercise 7, rejected with "three rows of three weights": a larger kernel
my_kernel = np.zeros((5, 5))
