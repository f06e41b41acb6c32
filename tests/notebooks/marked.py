#!/usr/bin/env python
# coding: utf-8

# # Lab 3: Iris
# 
# Load the data, look at it, then classify it with a *multi-layer* network.

# In[1]:


get_ipython().run_line_magic('matplotlib', 'inline')
get_ipython().system('pip install -q seaborn')


# In[2]:


# labmark
import torch
from torch import nn


# In[3]:


import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split


# In[4]:


iris = load_iris()
x_train, x_test, y_train, y_test = train_test_split(iris.data, iris.target, test_size=0.2)
print(x_train.shape, y_train.shape)


# ## A look at the data
# 
# Petals tell more than sepals.

# In[5]:


plt.scatter(x_train[:, 2], x_train[:, 3], c=y_train)
plt.xlabel(iris.feature_names[2])
plt.show()


# In[6]:


get_ipython().run_cell_magic('bash', '', 'ls -l\nnvidia-smi || true\n')


# In[7]:


# labmark
def train(lab):
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    x, y = torch.from_numpy(lab.train_x), torch.from_numpy(lab.train_y)
    for _ in range(100):
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        lab.epoch(model)
    return model


# In[8]:


get_ipython().run_cell_magic('time', '', "predicted = model(torch.tensor(x_test, dtype=torch.float32)).argmax(1)\nfiles = !ls\nprint('accuracy', (predicted.numpy() == y_test).mean())\n")

